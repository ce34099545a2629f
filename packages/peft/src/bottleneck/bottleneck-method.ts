// Bottleneck adapters as a kind of adapter, and their files: those of the library `adapters`, not PEFT's.

import type { nn } from '@llm/tensor';
import { addPart } from '../adapter/adapted-layer.ts';
import type { AboutAdapter, AdapterMethod, NewAdapter } from '../adapter/method.ts';
import { AdapterError } from '../errors.ts';
import type { ConfigFields } from '../format/config-fields.ts';
import { findBlocks } from './blocks.ts';
import {
  checkBottleneck,
  innerWidth,
  type BottleneckConfig,
  type NonLinearity,
} from './bottleneck-config.ts';
import { BottleneckPart } from './bottleneck-part.ts';
import { ResidualTap } from './residual-tap.ts';

/** Fields of `config` that this package leaves at the library's defaults. */
const UNSUPPORTED: Readonly<Record<string, unknown>> = {
  adapter_residual_before_ln: false,
  cross_adapter: false,
  inv_adapter: null,
  ln_after: false,
  ln_before: false,
  phm_layer: false,
  stochastic_depth: 0,
  use_gating: false,
};

/** Fields without effect here. */
const INERT: Readonly<Record<string, unknown>> = {
  factorized_phm_W: true,
  factorized_phm_rule: false,
  hypercomplex_nonlinearity: 'glorot-uniform',
  init_weights_seed: null,
  inv_adapter_reduction_factor: null,
  learn_phm: true,
  phm_bias: true,
  phm_c_init: 'normal',
  phm_dim: 4,
  phm_init_range: 0.0001,
  phm_rank: 1,
  shared_W_phm: false,
  shared_phm_rule: true,
};

export const bottleneck: AdapterMethod<BottleneckConfig> = {
  peftType: 'BOTTLENECK',
  toFields,
  fromFields,
  insert,
  format: {
    weightsFile: 'adapter.safetensors',
    configText,
    fieldsIn: ({ config, version }) =>
      typeof version === 'string' && version.startsWith('adapters.') && isObject(config)
        ? config
        : undefined,
    renameKey: (key, from, to) => key.replace(`.adapters.${from}.`, `.adapters.${to}.`),
  },
};

function toFields(config: BottleneckConfig): Record<string, unknown> {
  return {
    ...UNSUPPORTED,
    ...INERT,
    mh_adapter: config.mhAdapter,
    output_adapter: config.outputAdapter,
    original_ln_before: config.readsSum,
    original_ln_after: true,
    residual_before_ln: true,
    is_parallel: config.isParallel,
    reduction_factor: config.reductionFactor,
    non_linearity: config.nonLinearity,
    scaling: config.scaling,
    dropout: config.dropout,
    init_weights: config.init,
    leave_out: config.leaveOut,
  };
}

function fromFields(fields: ConfigFields): BottleneckConfig {
  fields.refuseUnless(UNSUPPORTED);
  fields.refuseUnless({ original_ln_after: true, residual_before_ln: true });
  const factor = fields.value('reduction_factor');
  const scaling = fields.value('scaling') ?? 1;
  return checkBottleneck({
    mhAdapter: fields.flag('mh_adapter'),
    outputAdapter: fields.flag('output_adapter'),
    readsSum: fields.flag('original_ln_before'),
    isParallel: fields.flag('is_parallel'),
    reductionFactor:
      typeof factor === 'object'
        ? fields.numbersByName('reduction_factor')
        : fields.number('reduction_factor'),
    nonLinearity: fields.text('non_linearity') as NonLinearity,
    scaling:
      typeof scaling === 'number'
        ? scaling
        : fields.choice<'learned' | 'channel'>('scaling', ['learned', 'channel']),
    dropout: fields.number('dropout', 0),
    init: fields.choice('init_weights', ['bert', 'houlsby', 'mam_adapter']),
    leaveOut: fields.numbers('leave_out') ?? [],
  });
}

function insert(model: nn.Module, adapter: NewAdapter<BottleneckConfig>): string[] {
  const { name, info, generator } = adapter;
  const { config, moduleName } = info;
  const blocks = findBlocks(model, moduleName).filter(
    ({ place, number }) =>
      (place === 'output_adapters' ? config.outputAdapter : config.mhAdapter) &&
      !config.leaveOut.includes(number),
  );
  if (blocks.length === 0) {
    throw new AdapterError('bottleneck: leaveOut: expected some layers to remain, got none.');
  }
  const readsResidual = config.readsSum || config.isParallel;
  const widths = blocks.map(({ channels, number }) => innerWidth(config, channels, number));
  return blocks.flatMap(({ place, path, normPath, channels }, i) => {
    const tap = readsResidual ? new ResidualTap(info) : undefined;
    if (tap) addPart(model, normPath, name, tap);
    const options = { name, place, info, generator, tap };
    addPart(model, path, name, new BottleneckPart([channels, widths[i]!], options));
    return [path];
  });
}

function configText(config: BottleneckConfig, { name, model, notes }: AboutAdapter): string {
  const { config: modelConfig = {} } = model as { config?: Record<string, unknown> };
  const values = {
    config: sorted(toFields(config)),
    hidden_size: modelConfig.hiddenSize ?? modelConfig.nEmbd ?? null,
    model_class: null,
    model_name: notes.baseModel ?? null,
    model_type: modelConfig.modelType ?? null,
    name,
    version: 'adapters.1.3.0',
  };
  return JSON.stringify(values, null, 2);
}

const sorted = (values: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)));

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
