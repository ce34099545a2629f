// GPT-2's configuration: the keys of Hugging Face's config.json in camelCase (Radford et al. 2019).
import { ACTIVATION_NAMES, type ActivationName } from '../../mlp/activation.ts';
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
import { ConfigError } from '../../errors.ts';

export interface Gpt2Config {
  readonly modelType: 'gpt2';
  readonly vocabSize: number;
  readonly nPositions: number;
  readonly nEmbd: number;
  readonly nLayer: number;
  readonly nHead: number;
  /** Width of the MLP; null means 4 · nEmbd. */
  readonly nInner: number | null;
  readonly activationFunction: ActivationName;
  readonly residPdrop: number;
  readonly embdPdrop: number;
  readonly attnPdrop: number;
  readonly layerNormEpsilon: number;
  readonly initializerRange: number;
  readonly scaleAttnWeights: boolean;
  readonly scaleAttnByInverseLayerIdx: boolean;
  readonly tieWordEmbeddings: boolean;
  readonly bosTokenId: number | null;
  readonly eosTokenId: TokenIds;
  readonly padTokenId: number | null;
}

const FIELDS: Fields<Gpt2Config> = {
  modelType: oneOf('gpt2', ['gpt2']),
  vocabSize: count(50257),
  nPositions: count(1024),
  nEmbd: count(768),
  nLayer: count(12),
  nHead: count(12),
  nInner: optionalCount(),
  activationFunction: oneOf('gelu_new', ACTIVATION_NAMES),
  residPdrop: rate(0.1),
  embdPdrop: rate(0.1),
  attnPdrop: rate(0.1),
  layerNormEpsilon: positive(1e-5),
  initializerRange: positive(0.02),
  scaleAttnWeights: flag(true),
  scaleAttnByInverseLayerIdx: flag(false),
  tieWordEmbeddings: flag(true),
  bosTokenId: tokenId(null),
  eosTokenId: tokenIds(null),
  padTokenId: tokenId(null),
};

/** Reads camelCase fields; absent ones get GPT-2's own values. */
export function readGpt2Config(input: Readonly<Record<string, unknown>>): Gpt2Config {
  if (input['addCrossAttention'] === true) {
    throw new ConfigError(
      'gpt2: addCrossAttention: expected false, got true. Use a decoder-only model.',
    );
  }
  const config = readFields('gpt2', FIELDS, input);
  if (config.nEmbd % config.nHead !== 0) {
    throw new ConfigError(
      `gpt2: nEmbd: expected a multiple of nHead ${config.nHead}, got ${config.nEmbd}. Change one of them.`,
    );
  }
  return config;
}

/** The record that config.json holds, still in camelCase. */
export function writeGpt2Config(config: Gpt2Config): Record<string, unknown> {
  return { architectures: ['GPT2LMHeadModel'], ...config };
}
