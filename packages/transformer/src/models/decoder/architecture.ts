// How a relative of Llama describes itself: its defaults, and what it does differently.
import { ConfigError } from '../../errors.ts';
import { ACTIVATION_NAMES } from '../../mlp/activation.ts';
import {
  count,
  flag,
  oneOf,
  optionalCount,
  positive,
  rate,
  readFields,
} from '../../config/fields.ts';
import { tokenId, tokenIds, type Fields } from '../../config/fields.ts';
import { readRopeScaling } from '../../position/rope-scaling.ts';
import type { RotaryOptions } from '../../position/rotary-embedding.ts';
import type { DecoderConfig, DecoderSizes, DecoderTraits, DecoderType } from './config.ts';

export type Json = Readonly<Record<string, unknown>>;

export interface DecoderArchitecture {
  /** Transformers' class, as config.json names it. */
  readonly className: string;
  /** Values of Transformers' configuration class where they differ from BASE. */
  readonly defaults: Json;
  /** Differences from Llama, which `plainTraits` describes. */
  readonly traits: (sizes: DecoderSizes, fields: Json) => Partial<DecoderTraits>;
}

type Raw = Omit<DecoderSizes, 'numKeyValueHeads' | 'headDim'> & {
  readonly numKeyValueHeads: number | null;
  readonly headDim: number | null;
};

const FIELDS: Fields<Raw> = {
  vocabSize: count(32000),
  hiddenSize: count(4096),
  intermediateSize: count(14336),
  numHiddenLayers: count(32),
  numAttentionHeads: count(32),
  numKeyValueHeads: optionalCount(),
  headDim: optionalCount(),
  maxPositionEmbeddings: count(32768),
  hiddenAct: oneOf('silu', ACTIVATION_NAMES),
  initializerRange: positive(0.02),
  rmsNormEps: positive(1e-6),
  attentionDropout: rate(0),
  tieWordEmbeddings: flag(false),
  bosTokenId: tokenId(null),
  eosTokenId: tokenIds(null),
  padTokenId: tokenId(null),
};

/** Reads camelCase fields of the architecture's config.json. Throws ConfigError. */
export function readDecoderConfig(
  modelType: DecoderType,
  { className, defaults, traits }: DecoderArchitecture,
  input: Json,
): DecoderConfig {
  if (input['quantizationConfig'] !== undefined) {
    throw new ConfigError(
      `${modelType}: quantizationConfig: expected none, got one. Use the unquantised checkpoint, or a .gguf file.`,
    );
  }
  const fields = { ...defaults, ...input };
  const raw = readFields<Raw>(modelType, FIELDS, {
    ...fields,
    hiddenAct: fields['hiddenActivation'] ?? fields['hiddenAct'],
  });
  const sizes = { ...raw, ...headSizes(modelType, raw) };
  const { hiddenAct, ...plain } = sizes;
  const activationKey = 'hiddenActivation' in fields ? 'hiddenActivation' : 'hiddenAct';
  const names = { architectures: [className], [activationKey]: hiddenAct };
  const source = { ...plain, ...fields, ...names };
  return { modelType, ...plainTraits(sizes, fields), ...sizes, ...traits(sizes, fields), source };
}

function headSizes(
  modelType: string,
  raw: Raw,
): Pick<DecoderSizes, 'numKeyValueHeads' | 'headDim'> {
  const { hiddenSize, numAttentionHeads: heads } = raw;
  const numKeyValueHeads = raw.numKeyValueHeads ?? heads;
  if (heads % numKeyValueHeads !== 0) {
    throw new ConfigError(
      `${modelType}: numKeyValueHeads: expected a divisor of numAttentionHeads ${heads}, got ${numKeyValueHeads}. Change one of them.`,
    );
  }
  const headDim = raw.headDim ?? hiddenSize / heads;
  if (!Number.isInteger(headDim) || headDim % 2 !== 0) {
    throw new ConfigError(
      `${modelType}: headDim: expected an even integer, got ${headDim}. Set headDim, or make hiddenSize an even multiple of numAttentionHeads.`,
    );
  }
  return { numKeyValueHeads, headDim };
}

/** Llama's own traits: one kind of layer, rotary positions everywhere, nothing capped. */
function plainTraits(sizes: DecoderSizes, fields: Json): DecoderTraits {
  const layer = { window: null, rope: 'full', isSparse: false };
  return {
    layers: Array.from({ length: sizes.numHiddenLayers }, () => layer),
    ropes: { full: readRope(sizes, fields) },
    hasQkvBias: false,
    hasOutputBias: false,
    hasMlpBias: false,
    hasQueryKeyNorm: false,
    hasOffsetNorms: false,
    hasPostNorms: false,
    hasFusedProjections: false,
    embeddingScale: 1,
    attentionScale: sizes.headDim ** -0.5,
    attentionSoftcap: null,
    logitSoftcap: null,
    experts: null,
  };
}

export const asRecord = (value: unknown): Json =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};

/** The rotary positions of `ropeParameters` (or `ropeTheta` and `ropeScaling`). */
export function readRope(sizes: DecoderSizes, fields: Json, ownRule?: Json): RotaryOptions {
  const rule = ownRule ?? {
    ...asRecord(fields['ropeScaling']),
    ...asRecord(fields['ropeParameters']),
  };
  const theta = rule['ropeTheta'] ?? fields['ropeTheta'] ?? 10000;
  const share = rule['partialRotaryFactor'] ?? fields['partialRotaryFactor'] ?? 1;
  if (typeof theta !== 'number' || typeof share !== 'number') {
    throw new ConfigError(
      `config: ropeParameters: expected numbers ropeTheta and partialRotaryFactor, got ${JSON.stringify(rule)}. Correct config.json.`,
    );
  }
  const original = fields['originalMaxPositionEmbeddings'];
  const input =
    original === undefined ? rule : { originalMaxPositionEmbeddings: original, ...rule };
  return {
    headDim: Math.floor(sizes.headDim * share),
    theta,
    scaling: readRopeScaling(input, sizes.maxPositionEmbeddings),
  };
}

/** `fields[key]` if it is a positive integer, else null. */
export function optionalInteger(fields: Json, key: string): number | null {
  const value = fields[key];
  return typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : null;
}

/** For each layer whether its `layerTypes` entry says that it slides, or else what `rule` says. */
export function slidingLayers(
  { numHiddenLayers }: DecoderSizes,
  fields: Json,
  rule: (layer: number) => boolean,
): boolean[] {
  const types: unknown = fields['layerTypes'];
  return Array.from({ length: numHiddenLayers }, (_, i) =>
    Array.isArray(types) ? types[i] === 'sliding_attention' : rule(i),
  );
}
