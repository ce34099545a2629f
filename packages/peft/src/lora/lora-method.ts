// LoRA as a kind of adapter: which fields describe it in a file, and how it gets into a model.

import type { nn } from '@llm/tensor';
import { addPart } from '../adapter/adapted-layer.ts';
import type { AdapterMethod, NewAdapter } from '../adapter/method.ts';
import type { ConfigFields } from '../format/config-fields.ts';
import { matchTargets } from '../targets/match-targets.ts';
import { checkConfig, layerSettings, type LoraConfig } from './lora-config.ts';
import { LoraPart } from './lora-part.ts';

/** Fields that this package leaves at PEFT's defaults. Anything else in them is refused on reading. */
const UNSUPPORTED: Readonly<Record<string, unknown>> = {
  alora_invocation_tokens: null,
  arrow_config: null,
  bias: 'none',
  kasa_config: null,
  layer_replication: null,
  lora_bias: false,
  modules_to_save: null,
  monteclora_config: null,
  target_parameters: null,
  trainable_token_indices: null,
  use_bdlora: null,
  use_dora: false,
  use_qalora: false,
};

/** Fields without effect on a finished adapter. */
const INERT: Readonly<Record<string, unknown>> = {
  corda_config: null,
  ensure_weight_tying: false,
  eva_config: null,
  init_lora_weights: true,
  layers_pattern: null,
  loftq_config: {},
  lora_ga_config: null,
  megatron_config: null,
  megatron_core: 'megatron.core',
  qalora_group_size: 16,
  velora_config: null,
};

/** Low-rank adaptation (Hu et al. 2021). */
export const lora: AdapterMethod<LoraConfig> = {
  peftType: 'LORA',

  toFields: (config) => ({
    ...UNSUPPORTED,
    ...INERT,
    r: config.rank,
    lora_alpha: config.alpha,
    lora_dropout: config.dropout,
    use_rslora: config.useRslora,
    rank_pattern: config.rankPattern,
    alpha_pattern: config.alphaPattern,
    fan_in_fan_out: config.fanInFanOut,
    target_modules: pythonTargets(config.targetModules),
    exclude_modules: config.excludeModules ? pythonTargets(config.excludeModules) : null,
    layers_to_transform: config.layersToTransform ?? null,
  }),

  fromFields(fields) {
    fields.refuseUnless(UNSUPPORTED);
    return checkConfig(configFrom(fields));
  },

  insert(model: nn.Module, { name, info, generator }: NewAdapter<LoraConfig>): string[] {
    const targets = matchTargets(model, info.config, info.moduleName);
    for (const target of targets) {
      const [outFeatures = 0, inFeatures = 0] = target.layer.weight.shape;
      const settings = layerSettings(info.config, target.name);
      const part = new LoraPart([outFeatures, inFeatures], { settings, info, generator });
      addPart(model, target.path, name, part);
    }
    return targets.map(({ path }) => path);
  },
};

function configFrom(fields: ConfigFields): LoraConfig {
  const exclude = fields.namesOrPattern('exclude_modules');
  const layers = fields.numbers('layers_to_transform');
  return {
    rank: fields.number('r', 8),
    alpha: fields.number('lora_alpha', 8),
    dropout: fields.number('lora_dropout', 0),
    useRslora: fields.flag('use_rslora'),
    targetModules: fields.targets('target_modules'),
    ...(exclude && { excludeModules: exclude }),
    ...(layers && { layersToTransform: layers }),
    rankPattern: fields.numbersByName('rank_pattern'),
    alphaPattern: fields.numbersByName('alpha_pattern'),
    fanInFanOut: fields.flag('fan_in_fan_out'),
  };
}

const pythonTargets = (targets: LoraConfig['targetModules']): unknown =>
  targets instanceof RegExp ? targets.source : targets;
