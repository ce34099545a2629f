// What encoder-only models share once their config.json has been read. `source` keeps its own keys, to
// be written back.
import type { ActivationName } from '../../mlp/activation.ts';

export type EncoderType = 'bert' | 'roberta' | 'distilbert' | 'modernbert';

/** What the model is for, which decides its head. */
export type EncoderTask =
  'embedding' | 'maskedLm' | 'sequenceClassification' | 'tokenClassification' | 'questionAnswering';

export interface EncoderConfig {
  readonly modelType: EncoderType;
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly numHiddenLayers: number;
  readonly numAttentionHeads: number;
  readonly maxPositionEmbeddings: number;
  /** 0 where there are no segment embeddings. */
  readonly typeVocabSize: number;
  readonly hiddenAct: ActivationName;
  readonly layerNormEps: number;
  readonly initializerRange: number;
  readonly hiddenDropout: number;
  readonly attentionDropout: number;
  readonly classifierDropout: number;
  readonly padTokenId: number;
  readonly numLabels: number;
  readonly task: EncoderTask;
  /** The fields of config.json in camelCase. */
  readonly source: Readonly<Record<string, unknown>>;
}

/** Suffix of Transformers' class for each task. */
export const TASK_SUFFIXES: Readonly<Record<EncoderTask, string>> = {
  embedding: 'Model',
  maskedLm: 'ForMaskedLM',
  sequenceClassification: 'ForSequenceClassification',
  tokenClassification: 'ForTokenClassification',
  questionAnswering: 'ForQuestionAnswering',
};

export const CLASS_PREFIXES: Readonly<Record<EncoderType, string>> = {
  bert: 'Bert',
  roberta: 'Roberta',
  distilbert: 'DistilBert',
  modernbert: 'ModernBert',
};

export const ENCODER_MODEL_TYPES = Object.keys(CLASS_PREFIXES);
