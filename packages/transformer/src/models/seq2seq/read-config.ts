// Reads the config.json of encoder–decoders.
import { camelKeys, snakeKeys } from '../../config/case.ts';
import { count, oneOf, optionalCount, positive, rate, readFields } from '../../config/fields.ts';
import { tokenId, type Fields } from '../../config/fields.ts';
import { ConfigError } from '../../errors.ts';
import { ACTIVATION_NAMES } from '../../mlp/activation.ts';
import { SEQ2SEQ_MODEL_TYPES, type Seq2SeqConfig, type Seq2SeqType } from './config.ts';

type Json = Readonly<Record<string, unknown>>;

const BART_FIELDS = {
  vocabSize: count(50265),
  dModel: count(1024),
  encoderLayers: count(12),
  decoderLayers: count(12),
  encoderAttentionHeads: count(16),
  decoderAttentionHeads: count(16),
  encoderFfnDim: count(4096),
  decoderFfnDim: count(4096),
  maxPositionEmbeddings: count(1024),
  activationFunction: oneOf('gelu', ACTIVATION_NAMES),
  dropout: rate(0.1),
  attentionDropout: rate(0),
  activationDropout: rate(0),
  initStd: positive(0.02),
  padTokenId: tokenId(1),
  eosTokenId: tokenId(2),
  decoderStartTokenId: tokenId(2),
} as const;

const T5_FIELDS = {
  vocabSize: count(32128),
  dModel: count(512),
  dKv: count(64),
  dFf: count(2048),
  numLayers: count(6),
  numDecoderLayers: optionalCount(),
  numHeads: count(8),
  relativeAttentionNumBuckets: count(32),
  relativeAttentionMaxDistance: count(128),
  dropoutRate: rate(0.1),
  layerNormEpsilon: positive(1e-6),
  initializerFactor: positive(1),
  feedForwardProj: oneOf('relu', ['relu', 'gated-gelu', 'gated-silu', 'gelu', 'silu']),
  padTokenId: tokenId(0),
  eosTokenId: tokenId(1),
  decoderStartTokenId: tokenId(0),
} as const;

type Values<F> = { [K in keyof F]: F[K] extends { readonly default: infer T } ? T : never };
const valuesOf = <F extends object>(owner: string, fields: F, input: Json): Values<F> =>
  readFields<Values<F>>(owner, fields as unknown as Fields<Values<F>>, input);

/** Reads the parsed content of a config.json, in snake_case or camelCase. Throws ConfigError. */
export function readSeq2SeqConfig(json: unknown): Seq2SeqConfig {
  const isObject = typeof json === 'object' && json !== null;
  const input: Json = isObject ? camelKeys(Object.fromEntries(Object.entries(json))) : {};
  const { modelType, ...fields } = input;
  const known = SEQ2SEQ_MODEL_TYPES.find((type) => type === modelType);
  if (known === undefined) {
    throw new ConfigError(
      `config: modelType: expected one of ${SEQ2SEQ_MODEL_TYPES.join(', ')}, got ${JSON.stringify(modelType)}. This is no encoder–decoder known here.`,
    );
  }
  return known === 't5' ? readT5(fields) : readBart(known, fields);
}

function readBart(modelType: Seq2SeqType, input: Json): Seq2SeqConfig {
  const fields = valuesOf(modelType, BART_FIELDS, input);
  const stack = (numLayers: number, numHeads: number, intermediateSize: number) => {
    const headDim = fields.dModel / numHeads;
    if (Number.isInteger(headDim)) return { numLayers, numHeads, headDim, intermediateSize };
    throw new ConfigError(
      `${modelType}: dModel: expected a multiple of the number of heads ${numHeads}, got ${fields.dModel}. Change one of them.`,
    );
  };
  return {
    modelType,
    vocabSize: fields.vocabSize,
    hiddenSize: fields.dModel,
    encoder: stack(fields.encoderLayers, fields.encoderAttentionHeads, fields.encoderFfnDim),
    decoder: stack(fields.decoderLayers, fields.decoderAttentionHeads, fields.decoderFfnDim),
    activation: fields.activationFunction,
    dropout: fields.dropout,
    attentionDropout: fields.attentionDropout,
    activationDropout: fields.activationDropout,
    normEps: 1e-5,
    initializerRange: fields.initStd,
    padTokenId: fields.padTokenId ?? 1,
    eosTokenId: fields.eosTokenId ?? 2,
    decoderStartTokenId: fields.decoderStartTokenId ?? fields.eosTokenId ?? 2,
    maxPositionEmbeddings: fields.maxPositionEmbeddings,
    source: { ...fields, ...input },
  };
}

function readT5(input: Json): Seq2SeqConfig {
  const fields = valuesOf('t5', T5_FIELDS, input);
  const stack = { numHeads: fields.numHeads, headDim: fields.dKv, intermediateSize: fields.dFf };
  const [kind = 'relu', inner] = fields.feedForwardProj.split('-');
  const activation = ACTIVATION_NAMES.find((name) => name === (inner ?? kind)) ?? 'relu';
  const isOldGelu = fields.feedForwardProj === 'gated-gelu'; // means the tanh approximation
  return {
    modelType: 't5',
    vocabSize: fields.vocabSize,
    hiddenSize: fields.dModel,
    encoder: { ...stack, numLayers: fields.numLayers },
    decoder: { ...stack, numLayers: fields.numDecoderLayers ?? fields.numLayers },
    activation: isOldGelu ? 'gelu_new' : activation,
    dropout: fields.dropoutRate,
    attentionDropout: fields.dropoutRate,
    activationDropout: fields.dropoutRate,
    normEps: fields.layerNormEpsilon,
    initializerRange: fields.initializerFactor,
    padTokenId: fields.padTokenId ?? 0,
    eosTokenId: fields.eosTokenId ?? 1,
    decoderStartTokenId: fields.decoderStartTokenId ?? fields.padTokenId ?? 0,
    maxPositionEmbeddings: Infinity,
    source: { ...fields, ...input },
  };
}

const CLASS_NAMES: Readonly<Record<Seq2SeqType, string>> = {
  t5: 'T5ForConditionalGeneration',
  bart: 'BartForConditionalGeneration',
  marian: 'MarianMTModel',
};

/** The content of a config.json that Transformers reads. */
export function seq2SeqConfigToJson({ modelType, source }: Seq2SeqConfig): Record<string, unknown> {
  return {
    ...snakeKeys(source),
    architectures: [CLASS_NAMES[modelType]],
    model_type: modelType,
    is_encoder_decoder: true,
    dtype: 'float32',
  };
}
