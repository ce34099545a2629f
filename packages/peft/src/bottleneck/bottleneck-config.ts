// Bottleneck adapters (Houlsby et al. 2019, arXiv 1902.00751): small networks of two layers, C → C/reduction → C, that learn
// beside the blocks of a transformer. Names and presets are those of the Python library `adapters`.

import { AdapterError } from '../errors.ts';

/**
 * Where the network reads, and where it stands. `double_seq_bn` (Houlsby): behind attention and behind the feed-forward block,
 * on what the block gives; `seq_bn` (Pfeiffer et al. 2020, arXiv 2005.00247): behind the feed-forward block, on the block's output plus its residual;
 * `par_bn` (He et al. 2021, arXiv 2110.04366): beside the feed-forward block, on the residual that goes into it, scaled by 4.
 */
export type BottleneckKind = 'double_seq_bn' | 'seq_bn' | 'par_bn';

export type NonLinearity = 'relu' | 'gelu' | 'gelu_new' | 'swish' | 'silu' | 'tanh' | 'leakyrelu';

/** `bert`: N(0, 0.02²); `houlsby`: N(0, 0.01²), cut at two deviations; `mam_adapter`: down uniform within ±1/√C, up zero. */
export type BottleneckInit = 'bert' | 'houlsby' | 'mam_adapter';

/** A checked configuration. */
export interface BottleneckConfig {
  /** Behind attention. */
  readonly mhAdapter: boolean;
  /** Behind or beside the feed-forward block. */
  readonly outputAdapter: boolean;
  /** Whether it reads the block's output plus its residual. */
  readonly readsSum: boolean;
  /** Whether it reads the residual alone. */
  readonly isParallel: boolean;
  /** C over the inner width: a number, or one for each layer number and `default`. */
  readonly reductionFactor: number | Readonly<Record<string, number>>;
  readonly nonLinearity: NonLinearity;
  /** A number, or one that is learned, or one for each channel. */
  readonly scaling: number | 'learned' | 'channel';
  readonly dropout: number;
  readonly init: BottleneckInit;
  /** Layer numbers without an adapter. */
  readonly leaveOut: readonly number[];
}

const SEQUENTIAL = {
  isParallel: false,
  scaling: 1,
  dropout: 0,
  init: 'bert',
  leaveOut: [],
} as const;

export const PRESETS: Readonly<Record<BottleneckKind, BottleneckConfig>> = {
  double_seq_bn: {
    ...SEQUENTIAL,
    ...{ mhAdapter: true, outputAdapter: true, readsSum: false },
    ...{ reductionFactor: 16, nonLinearity: 'swish' },
  },
  seq_bn: {
    ...SEQUENTIAL,
    ...{ mhAdapter: false, outputAdapter: true, readsSum: true },
    ...{ reductionFactor: 16, nonLinearity: 'relu' },
  },
  par_bn: {
    ...SEQUENTIAL,
    ...{ mhAdapter: false, outputAdapter: true, readsSum: false, isParallel: true },
    ...{ reductionFactor: 2, nonLinearity: 'relu', scaling: 4, init: 'mam_adapter' },
  },
};

const NON_LINEARITIES = ['relu', 'gelu', 'gelu_new', 'swish', 'silu', 'tanh', 'leakyrelu'];

/** Throws AdapterError for a value out of range. */
export function checkBottleneck(config: BottleneckConfig): BottleneckConfig {
  const { reductionFactor, nonLinearity, scaling, dropout, init } = config;
  const factors = typeof reductionFactor === 'number' ? [reductionFactor] : reductionFactor;
  for (const factor of Object.values(factors)) {
    if (!(factor > 0 && factor < Infinity)) fail('reductionFactor', 'a number > 0', factor);
  }
  if (!NON_LINEARITIES.includes(nonLinearity)) {
    fail('nonLinearity', `one of ${NON_LINEARITIES.join(', ')}`, nonLinearity);
  }
  const isScaling =
    typeof scaling === 'number'
      ? Number.isFinite(scaling)
      : ['learned', 'channel'].includes(scaling);
  if (!isScaling) fail('scaling', "a number, 'learned' or 'channel'", scaling);
  if (!(dropout >= 0 && dropout < 1)) fail('dropout', 'a number in [0, 1)', dropout);
  if (!['bert', 'houlsby', 'mam_adapter'].includes(init)) {
    fail('init', "'bert', 'houlsby' or 'mam_adapter'", init);
  }
  return config;
}

/** The inner width in layer `number` of a model of C channels. */
export function innerWidth(
  { reductionFactor }: BottleneckConfig,
  C: number,
  number: number,
): number {
  const factor =
    typeof reductionFactor === 'number'
      ? reductionFactor
      : (reductionFactor[number] ?? reductionFactor.default);
  if (factor === undefined)
    fail('reductionFactor', `one for layer ${number}, or 'default'`, 'neither');
  return Math.max(1, Math.floor(C / factor));
}

function fail(name: string, expected: string, got: unknown): never {
  throw new AdapterError(`bottleneck: ${name}: expected ${expected}, got ${String(got)}.`);
}
