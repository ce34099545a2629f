// Reads the config.json of encoder-only models; each architecture names its own keys and defaults.
import { camelKeys, snakeKeys } from '../../config/case.ts';
import { count, oneOf, positive, rate, readFields, type Fields } from '../../config/fields.ts';
import { tokenId } from '../../config/fields.ts';
import { ConfigError } from '../../errors.ts';
import { ACTIVATION_NAMES } from '../../mlp/activation.ts';
import {
  CLASS_PREFIXES,
  ENCODER_MODEL_TYPES,
  TASK_SUFFIXES,
  type EncoderConfig,
  type EncoderTask,
  type EncoderType,
} from './config.ts';

type Json = Readonly<Record<string, unknown>>;
type Plain = Omit<
  EncoderConfig,
  | 'modelType'
  | 'typeVocabSize'
  | 'classifierDropout'
  | 'padTokenId'
  | 'numLabels'
  | 'task'
  | 'source'
>;

const FIELDS: Fields<Plain> = {
  vocabSize: count(30522),
  hiddenSize: count(768),
  intermediateSize: count(3072),
  numHiddenLayers: count(12),
  numAttentionHeads: count(12),
  maxPositionEmbeddings: count(512),
  hiddenAct: oneOf('gelu', ACTIVATION_NAMES),
  layerNormEps: positive(1e-12),
  initializerRange: positive(0.02),
  hiddenDropout: rate(0.1),
  attentionDropout: rate(0.1),
};

const BERT_KEYS = {
  hiddenDropout: 'hiddenDropoutProb',
  attentionDropout: 'attentionProbsDropoutProb',
} as const;

/** Our name → the architecture's, where they differ. */
const KEYS: Readonly<Record<EncoderType, Readonly<Record<string, string>>>> = {
  bert: BERT_KEYS,
  roberta: BERT_KEYS,
  distilbert: {
    hiddenSize: 'dim',
    intermediateSize: 'hiddenDim',
    numHiddenLayers: 'nLayers',
    numAttentionHeads: 'nHeads',
    hiddenAct: 'activation',
    hiddenDropout: 'dropout',
  },
  modernbert: {
    hiddenAct: 'hiddenActivation',
    layerNormEps: 'normEps',
    hiddenDropout: 'mlpDropout',
  },
};

const DEFAULTS: Readonly<Record<EncoderType, Json>> = {
  bert: { typeVocabSize: 2, padTokenId: 0 },
  roberta: { typeVocabSize: 2, padTokenId: 1, vocabSize: 50265 },
  distilbert: { nLayers: 6, padTokenId: 0, seqClassifDropout: 0.2 },
  modernbert: {
    vocabSize: 50368,
    intermediateSize: 1152,
    numHiddenLayers: 22,
    maxPositionEmbeddings: 8192,
    normEps: 1e-5,
    mlpDropout: 0,
    attentionDropout: 0,
    padTokenId: 50283,
  },
};

export interface EncoderChoices {
  /** @default the one of config.json's `architectures` */
  readonly task?: EncoderTask;
  /** Number of classes. @default that of config.json, or 2 */
  readonly numLabels?: number;
}

/** Reads the parsed content of an encoder's config.json, in snake_case or camelCase. Throws ConfigError. */
export function readEncoderConfig(json: unknown, choices: EncoderChoices = {}): EncoderConfig {
  const input: Json =
    typeof json === 'object' && json !== null
      ? camelKeys(Object.fromEntries(Object.entries(json)))
      : {};
  const { modelType, ...given } = input;
  if (!isEncoderType(modelType)) {
    throw new ConfigError(
      `config: modelType: expected one of ${ENCODER_MODEL_TYPES.join(', ')}, got ${JSON.stringify(modelType)}. This is no encoder known here.`,
    );
  }
  if (
    given['positionEmbeddingType'] !== undefined &&
    given['positionEmbeddingType'] !== 'absolute'
  ) {
    throw new ConfigError(
      `${modelType}: positionEmbeddingType: expected absolute, got ${JSON.stringify(given['positionEmbeddingType'])}. Choose another checkpoint.`,
    );
  }
  const own = { ...DEFAULTS[modelType], ...given };
  const names = KEYS[modelType];
  const named = Object.fromEntries(Object.keys(FIELDS).map((key) => [key, own[names[key] ?? key]]));
  const plain = readFields(modelType, FIELDS, named);
  if (plain.hiddenSize % plain.numAttentionHeads !== 0) {
    throw new ConfigError(
      `${modelType}: hiddenSize: expected a multiple of numAttentionHeads ${plain.numAttentionHeads}, got ${plain.hiddenSize}. Change one of them.`,
    );
  }
  const rest = readFields(modelType, REST, { ...own, classifierDropout: classifierDropout(own) });
  const numLabels = choices.numLabels ?? labelCount(own);
  return {
    modelType,
    ...plain,
    classifierDropout: rest.classifierDropout ?? plain.hiddenDropout,
    typeVocabSize: typeof own['typeVocabSize'] === 'number' ? own['typeVocabSize'] : 0,
    padTokenId: rest.padTokenId ?? 0,
    numLabels,
    task: choices.task ?? taskOf(own, modelType),
    source: { ...withOwnNames(plain, names), ...own, ...labels(own, numLabels) },
  };
}

interface Rest {
  readonly classifierDropout: number | null;
  readonly padTokenId: number | null;
}

const REST: Fields<Rest> = {
  classifierDropout: {
    default: null,
    expected: 'a number in [0, 1) or null',
    accepts: (v) => v === null || (typeof v === 'number' && v >= 0 && v < 1),
  },
  padTokenId: tokenId(0),
};

const classifierDropout = (own: Json): unknown =>
  own['seqClassifDropout'] ?? own['classifierDropout'] ?? null;

function isEncoderType(value: unknown): value is EncoderType {
  return typeof value === 'string' && Object.hasOwn(CLASS_PREFIXES, value);
}

const withOwnNames = (plain: Plain, names: Readonly<Record<string, string>>): Json =>
  Object.fromEntries(Object.entries(plain).map(([key, value]) => [names[key] ?? key, value]));

function labelCount(own: Json): number {
  const names = own['id2label'];
  if (typeof names === 'object' && names !== null) return Object.keys(names).length;
  return typeof own['numLabels'] === 'number' ? own['numLabels'] : 2;
}

/** The classes' names, where the file has as many. */
function labels(own: Json, numLabels: number): Json {
  const names = own['id2label'];
  if (typeof names === 'object' && names !== null && Object.keys(names).length === numLabels)
    return { id2label: names };
  const indices = Array.from({ length: numLabels }, (_, i) => [String(i), `LABEL_${i}`]);
  return { id2label: Object.fromEntries(indices) as Json };
}

function taskOf(own: Json, modelType: EncoderType): EncoderTask {
  const classes: unknown = own['architectures'];
  const name = String(Array.isArray(classes) ? classes[0] : '');
  const tasks = Object.entries(TASK_SUFFIXES) as [EncoderTask, string][];
  const found = tasks.find(([, suffix]) => name === CLASS_PREFIXES[modelType] + suffix);
  return found?.[0] ?? 'embedding';
}

/** The content of a config.json that Transformers reads. */
export function encoderConfigToJson(config: EncoderConfig): Record<string, unknown> {
  const { id2label, label2id: _, ...source } = config.source;
  const names = Object.entries(Object(id2label) as Record<string, string>);
  return {
    ...snakeKeys(source),
    id2label,
    label2id: Object.fromEntries(names.map(([id, label]) => [label, Number(id)])),
    architectures: [CLASS_PREFIXES[config.modelType] + TASK_SUFFIXES[config.task]],
    model_type: config.modelType,
    dtype: 'float32',
  };
}
