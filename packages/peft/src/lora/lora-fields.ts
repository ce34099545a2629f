// LoraConfig ⇄ the fields of PEFT 0.21's adapter_config.json.

import type { ConfigFields } from '../format/config-fields.ts';
import { pythonNames } from '../format/config-fields.ts';
import {
  checkConfig,
  LORA_DEFAULTS,
  pissaIterations,
  type LoraConfig,
  type LoraInit,
} from './lora-config.ts';

/** Fields that this package leaves at PEFT's defaults. Anything else in them is refused on reading. */
const UNSUPPORTED: Readonly<Record<string, unknown>> = {
  alora_invocation_tokens: null,
  arrow_config: null,
  kasa_config: null,
  layer_replication: null,
  monteclora_config: null,
  target_parameters: null,
  trainable_token_indices: null,
  use_bdlora: null,
  use_qalora: false,
};

/** Fields without effect on a finished adapter. */
const INERT: Readonly<Record<string, unknown>> = {
  corda_config: null,
  eva_config: null,
  loftq_config: {},
  lora_ga_config: null,
  megatron_config: null,
  megatron_core: 'megatron.core',
  qalora_group_size: 16,
  velora_config: null,
};

export function fieldsOf(made: LoraConfig): Record<string, unknown> {
  const config = asSaved(made);
  return {
    ...UNSUPPORTED,
    ...INERT,
    r: config.rank,
    lora_alpha: config.alpha,
    lora_dropout: config.dropout,
    use_rslora: config.useRslora,
    use_dora: config.useDora,
    init_lora_weights: config.init,
    bias: config.bias,
    lora_bias: config.loraBias,
    modules_to_save: config.modulesToSave.length > 0 ? config.modulesToSave : null,
    ensure_weight_tying: config.ensureWeightTying,
    rank_pattern: config.rankPattern,
    alpha_pattern: config.alphaPattern,
    fan_in_fan_out: config.fanInFanOut,
    target_modules: pythonNames(config.targetModules),
    exclude_modules: pythonNames(config.excludeModules),
    layers_to_transform: config.layersToTransform ?? null,
    layers_pattern:
      config.layersPattern?.length === 1 ? config.layersPattern[0] : (config.layersPattern ?? null),
  };
}

/** An adapter of a randomised beginning is saved as a plain one of twice the rank and the same scaling (see LoraLinear). */
function asSaved(config: LoraConfig): LoraConfig {
  if (pissaIterations(config.init) === undefined) return config;
  const factor = config.useRslora ? Math.SQRT2 : 2; // α/R or α/√R stays
  const times = (by: number, values: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(values).map(([key, value]) => [key, value * by]));
  return {
    ...config,
    init: true,
    rank: 2 * config.rank,
    alpha: factor * config.alpha,
    rankPattern: times(2, config.rankPattern),
    alphaPattern: times(factor, config.alphaPattern),
  };
}

/** @throws AdapterError for a field that cannot be used */
export function configFrom(fields: ConfigFields): LoraConfig {
  fields.refuseUnless(UNSUPPORTED);
  return checkConfig({
    rank: fields.number('r', LORA_DEFAULTS.rank),
    alpha: fields.number('lora_alpha', LORA_DEFAULTS.alpha),
    dropout: fields.number('lora_dropout', LORA_DEFAULTS.dropout),
    useRslora: fields.flag('use_rslora'),
    useDora: fields.flag('use_dora'),
    init: initIn(fields),
    bias: fields.choice('bias', ['none', 'all', 'lora_only']),
    loraBias: fields.flag('lora_bias'),
    modulesToSave: fields.names('modules_to_save') ?? [],
    ensureWeightTying: fields.flag('ensure_weight_tying'),
    rankPattern: fields.numbersByName('rank_pattern'),
    alphaPattern: fields.numbersByName('alpha_pattern'),
    fanInFanOut: fields.flag('fan_in_fan_out'),
    ...fields.targetRules(),
  });
}

/** Ways to begin that leave the base weights alone, of which a finished adapter shows nothing. */
const FINISHED = ['eva', 'mica'];

/** A randomised PiSSA and the ways that look at data leave another base than the one there is. */
function initIn(fields: ConfigFields): LoraInit {
  const value = fields.value('init_lora_weights') ?? true;
  if (FINISHED.includes(value as string)) return true;
  const known = [true, false, 'gaussian', 'orthogonal', 'pissa', 'olora'];
  if (known.includes(value as boolean)) return value as LoraInit;
  return fields.refuse(
    'init_lora_weights',
    `one of ${known.join(', ')} (save others with path_initial_model_for_weight_conversion)`,
  );
}
