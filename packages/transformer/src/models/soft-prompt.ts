// Learned vectors that stand before every text: prompt tuning (Lester et al. 2021) and P-tuning (Liu et al.
// 2021) put them in the place of word embeddings, prefix tuning (Li and Liang 2021) in the place of each
// layer's keys and values. A model has one place for what gives them; @llm/peft fills it. Texts, labels,
// masks and positions stay those of the caller: the model counts the vectors in by itself.
import { tf, type Tensor } from '@llm/tensor';
import type { Heads } from '../attention/attend.ts';

export type KeysAndValues = Pick<Heads, 'keys' | 'values'>;

/** n vectors before each text, the same for all (1 row) or one's own for each. */
export type SoftPrompt =
  | { readonly embeddings: Tensor } // [1 or B, n, C]
  | { readonly layers: readonly KeysAndValues[] }; // each [1 or B, n, K, D]

/** What stands in a model's `softPrompt`. */
export interface SoftPromptSource {
  /** n; 0 while there is none. */
  readonly length: number;
  /** Of the coming forward pass, differentiable; null while there is none. */
  softPrompt(): SoftPrompt | null;
}

/** What those who make soft prompts must know of a model. */
export interface PromptShape {
  readonly hiddenSize: number;
  readonly vocabSize: number;
  /** With keys and values of their own. */
  readonly numLayers: number;
  readonly numAttentionHeads: number;
  readonly numKeyValueHeads: number;
  readonly headDim: number;
  /** PEFT's: what the model's loss is about. */
  readonly taskType: 'CAUSAL_LM' | 'SEQ_2_SEQ_LM';
}

/** A model with a place for soft prompts. */
export interface Promptable {
  softPrompt: SoftPromptSource | null;
  readonly promptShape: PromptShape;
  /** ids int32 [..] → their word embeddings [.., C], as the first layer gets them. */
  embed(ids: Tensor): Tensor;
}

/** x [1 or B, ..] → [B, ..] */
export function toRows(x: Tensor, batch: number): Tensor {
  if (x.shape[0] === batch) return x;
  return tf.tile(x, [batch, ...x.shape.slice(1).map(() => 1)]);
}

/** The vectors before the text's: [1 or B, n, ..] and [B, T, ..] → [B, n + T, ..]. */
export const before = (first: Tensor, rest: Tensor): Tensor =>
  tf.concat([toRows(first, rest.shape[0]!), rest], 1);

/** x [B, n + T, C] → [B, T, C] */
export const without = (n: number, x: Tensor): Tensor =>
  n === 0 ? x : tf.slice(x, [0, n, 0], [-1, -1, -1]);

/** [B, S] → [B, n + S]: learned vectors are always seen. */
export function widerMask(mask: Tensor, n: number): Tensor {
  return n === 0 ? mask : tf.concat([tf.fill([mask.shape[0]!, n], 1, mask.dtype), mask], 1);
}
