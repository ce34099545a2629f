// What encoder–decoders share once their config.json has been read. `source` keeps its own keys, to be
// written back.
import type { ActivationName } from '../../mlp/activation.ts';

export type Seq2SeqType = 't5' | 'bart' | 'marian';

/** One of the two stacks. */
export interface StackConfig {
  readonly numLayers: number;
  readonly numHeads: number;
  readonly headDim: number;
  readonly intermediateSize: number;
}

export interface Seq2SeqConfig {
  readonly modelType: Seq2SeqType;
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly encoder: StackConfig;
  readonly decoder: StackConfig;
  readonly activation: ActivationName;
  readonly dropout: number;
  readonly attentionDropout: number;
  readonly activationDropout: number;
  readonly normEps: number;
  readonly initializerRange: number;
  readonly padTokenId: number;
  readonly eosTokenId: number;
  readonly decoderStartTokenId: number;
  /** Largest number of tokens where positions are a table; Infinity where they are computed. */
  readonly maxPositionEmbeddings: number;
  /** What config.json's remaining keys say, in camelCase. */
  readonly source: Readonly<Record<string, unknown>>;
}

export const SEQ2SEQ_MODEL_TYPES: readonly Seq2SeqType[] = ['t5', 'bart', 'marian'];
