// GPT-NeoX's configuration: the keys of Hugging Face's config.json in camelCase (Black et al. 2022).
import { ACTIVATION_NAMES, type ActivationName } from '../../mlp/activation.ts';
import { count, flag, oneOf, positive, rate, readFields } from '../../config/fields.ts';
import { tokenId, tokenIds, type Fields, type TokenIds } from '../../config/fields.ts';
import { ConfigError } from '../../errors.ts';
import type { RotaryOptions } from '../../position/rotary-embedding.ts';
import { readRopeScaling } from '../../position/rope-scaling.ts';

interface Plain {
  readonly modelType: 'gpt_neox';
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly numHiddenLayers: number;
  readonly numAttentionHeads: number;
  readonly maxPositionEmbeddings: number;
  readonly hiddenAct: ActivationName;
  readonly layerNormEps: number;
  readonly initializerRange: number;
  readonly attentionBias: boolean;
  readonly attentionDropout: number;
  readonly hiddenDropout: number;
  readonly useParallelResidual: boolean;
  readonly tieWordEmbeddings: boolean;
  readonly bosTokenId: number | null;
  readonly eosTokenId: TokenIds;
  readonly padTokenId: number | null;
}

export interface GptNeoxConfig extends Plain {
  /** Rotary positions as config.json states them, in camelCase. */
  readonly ropeParameters: Readonly<Record<string, unknown>>;
}

const FIELDS: Fields<Plain> = {
  modelType: oneOf('gpt_neox', ['gpt_neox']),
  vocabSize: count(50432),
  hiddenSize: count(6144),
  intermediateSize: count(24576),
  numHiddenLayers: count(44),
  numAttentionHeads: count(64),
  maxPositionEmbeddings: count(2048),
  hiddenAct: oneOf('gelu', ACTIVATION_NAMES),
  layerNormEps: positive(1e-5),
  initializerRange: positive(0.02),
  attentionBias: flag(true),
  attentionDropout: rate(0),
  hiddenDropout: rate(0),
  useParallelResidual: flag(true),
  tieWordEmbeddings: flag(false),
  bosTokenId: tokenId(0),
  eosTokenId: tokenIds(2),
  padTokenId: tokenId(null),
};

/** Reads camelCase fields; older files call the rotary share and base `rotaryPct`, `rotaryEmbBase`. */
export function readGptNeoxConfig(input: Readonly<Record<string, unknown>>): GptNeoxConfig {
  const fields = readFields('gpt_neox', FIELDS, input);
  const { hiddenSize, numAttentionHeads: heads } = fields;
  if (hiddenSize % heads !== 0) {
    throw new ConfigError(
      `gpt_neox: hiddenSize: expected a multiple of numAttentionHeads ${heads}, got ${hiddenSize}. Change one of them.`,
    );
  }
  const config = {
    ...fields,
    ropeParameters: {
      ropeType: 'default',
      ropeTheta: input['rotaryEmbBase'] ?? 10000,
      partialRotaryFactor: input['rotaryPct'] ?? 0.25,
      ...asRecord(input['ropeScaling']),
      ...asRecord(input['ropeParameters']),
    },
  };
  gptNeoxRope(config); // says what is wrong with it
  return config;
}

const asRecord = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};

/** The rotary positions of the first dimensions of each head. */
export function gptNeoxRope(config: GptNeoxConfig): RotaryOptions {
  const { ropeTheta: theta, partialRotaryFactor: share } = config.ropeParameters;
  const headDim = Math.floor((config.hiddenSize / config.numAttentionHeads) * Number(share));
  if (typeof theta !== 'number' || !(headDim > 0 && headDim % 2 === 0)) {
    throw new ConfigError(
      `gpt_neox: ropeParameters: expected a base and a share that turns an even number of dimensions, got ${JSON.stringify(config.ropeParameters)}. Correct config.json.`,
    );
  }
  return {
    headDim,
    theta,
    scaling: readRopeScaling(config.ropeParameters, config.maxPositionEmbeddings),
  };
}

/** The record that config.json holds, still in camelCase. */
export function writeGptNeoxConfig(config: GptNeoxConfig): Record<string, unknown> {
  return { architectures: ['GPTNeoXForCausalLM'], ...config };
}
