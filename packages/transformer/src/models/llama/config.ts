// Llama's configuration: the keys of Hugging Face's config.json in camelCase (Touvron et al. 2023).
import {
  count,
  flag,
  oneOf,
  optionalCount,
  positive,
  rate,
  readFields,
} from '../../config/fields.ts';
import { tokenId, tokenIds, type Fields, type TokenIds } from '../../config/fields.ts';
import type { RotaryScaling } from '@llm/tensor';
import { ConfigError } from '../../errors.ts';
import { readRopeScaling } from '../../position/rope-scaling.ts';

export interface LlamaConfig {
  readonly modelType: 'llama';
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly numHiddenLayers: number;
  readonly numAttentionHeads: number;
  readonly numKeyValueHeads: number;
  readonly headDim: number;
  readonly hiddenAct: 'silu';
  readonly maxPositionEmbeddings: number;
  readonly initializerRange: number;
  readonly rmsNormEps: number;
  readonly ropeTheta: number;
  /** How positions beyond the pretraining length are squeezed in; null for plain rotary positions. */
  readonly ropeScaling: RotaryScaling | null;
  readonly attentionBias: boolean;
  readonly attentionDropout: number;
  readonly mlpBias: boolean;
  readonly tieWordEmbeddings: boolean;
  readonly bosTokenId: number | null;
  readonly eosTokenId: TokenIds;
  readonly padTokenId: number | null;
}

type Shared = Omit<LlamaConfig, 'numKeyValueHeads' | 'headDim' | 'ropeScaling'> & {
  readonly numKeyValueHeads: number | null;
  readonly headDim: number | null;
};

const FIELDS: Fields<Shared> = {
  modelType: oneOf('llama', ['llama']),
  vocabSize: count(32000),
  hiddenSize: count(4096),
  intermediateSize: count(11008),
  numHiddenLayers: count(32),
  numAttentionHeads: count(32),
  numKeyValueHeads: optionalCount(),
  headDim: optionalCount(),
  hiddenAct: oneOf('silu', ['silu']),
  maxPositionEmbeddings: count(2048),
  initializerRange: positive(0.02),
  rmsNormEps: positive(1e-6),
  ropeTheta: positive(10000),
  attentionBias: flag(false),
  attentionDropout: rate(0),
  mlpBias: flag(false),
  tieWordEmbeddings: flag(false),
  bosTokenId: tokenId(null),
  eosTokenId: tokenIds(null),
  padTokenId: tokenId(null),
};

/** Reads camelCase fields: `ropeTheta` and `ropeScaling`, or Transformers 5's `ropeParameters`. */
export function readLlamaConfig(input: Readonly<Record<string, unknown>>): LlamaConfig {
  const rope = { ...asRecord(input['ropeScaling']), ...asRecord(input['ropeParameters']) };
  const fields = readFields('llama', FIELDS, { ropeTheta: rope['ropeTheta'], ...input });
  const { hiddenSize, numAttentionHeads: heads } = fields;
  const numKeyValueHeads = fields.numKeyValueHeads ?? heads;
  if (heads % numKeyValueHeads !== 0) {
    throw new ConfigError(
      `llama: numKeyValueHeads: expected a divisor of numAttentionHeads ${heads}, got ${numKeyValueHeads}. Change one of them.`,
    );
  }
  const headDim = fields.headDim ?? hiddenSize / heads;
  if (!Number.isInteger(headDim) || headDim % 2 !== 0) {
    throw new ConfigError(
      `llama: headDim: expected an even integer, got ${headDim}. Set headDim, or make hiddenSize an even multiple of numAttentionHeads.`,
    );
  }
  return {
    ...fields,
    numKeyValueHeads,
    headDim,
    ropeScaling: readRopeScaling(rope, fields.maxPositionEmbeddings),
  };
}

const asRecord = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};

/** The record that config.json holds, still in camelCase. */
export function writeLlamaConfig(config: LlamaConfig): Record<string, unknown> {
  return { architectures: ['LlamaForCausalLM'], ...config };
}
