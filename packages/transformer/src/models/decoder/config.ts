// The configuration that Llama's relatives share once their config.json has been read: what their
// keys mean, in one vocabulary. `source` keeps the keys themselves, to be written back.
import type { ActivationName } from '../../mlp/activation.ts';
import type { TokenIds } from '../../config/fields.ts';
import type { RotaryOptions } from '../../position/rotary-embedding.ts';

export type DecoderType =
  | 'mistral'
  | 'mixtral'
  | 'qwen2'
  | 'qwen3'
  | 'qwen3_moe'
  | 'smollm3'
  | 'gemma'
  | 'gemma2'
  | 'gemma3_text'
  | 'phi3';

/** How one layer differs from the others. */
export interface LayerPlan {
  /** Each token sees only so many tokens back, itself included; null for all. */
  readonly window: number | null;
  /** Name of the rotary positions in `ropes`; null for none. */
  readonly rope: string | null;
  /** Whether its MLP is a mixture of experts. */
  readonly isSparse: boolean;
}

export interface ExpertPlan {
  readonly count: number;
  /** Experts that each token goes to. */
  readonly perToken: number;
  readonly intermediateSize: number;
  /** Whether the chosen experts' shares are scaled to sum to 1. */
  readonly isNormalized: boolean;
}

/** What the architecture does differently from Llama. */
export interface DecoderTraits {
  readonly layers: readonly LayerPlan[];
  readonly ropes: Readonly<Record<string, RotaryOptions>>;
  readonly hasQkvBias: boolean;
  readonly hasOutputBias: boolean;
  readonly hasMlpBias: boolean;
  /** RMSNorm of each head's queries and keys before they turn. */
  readonly hasQueryKeyNorm: boolean;
  /** Norm weights are stored as their difference from 1. */
  readonly hasOffsetNorms: boolean;
  /** Norms after attention and MLP too, before the residual sum. */
  readonly hasPostNorms: boolean;
  /** Queries, keys and values from one matrix, gate and up from another. */
  readonly hasFusedProjections: boolean;
  readonly embeddingScale: number;
  readonly attentionScale: number;
  readonly attentionSoftcap: number | null;
  readonly logitSoftcap: number | null;
  readonly experts: ExpertPlan | null;
}

export interface DecoderSizes {
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly numHiddenLayers: number;
  readonly numAttentionHeads: number;
  readonly numKeyValueHeads: number;
  readonly headDim: number;
  readonly maxPositionEmbeddings: number;
  readonly hiddenAct: ActivationName;
  readonly initializerRange: number;
  readonly rmsNormEps: number;
  readonly attentionDropout: number;
  readonly tieWordEmbeddings: boolean;
  readonly bosTokenId: number | null;
  readonly eosTokenId: TokenIds;
  readonly padTokenId: number | null;
}

export interface DecoderConfig extends DecoderSizes, DecoderTraits {
  readonly modelType: DecoderType;
  /** The fields of config.json, with the defaults filled in, in camelCase. */
  readonly source: Readonly<Record<string, unknown>>;
}
