// Sentence embeddings (Reimers and Gurevych 2019): one vector for each text, from its tokens' vectors.
import { scope, tf, type Tensor } from '@llm/tensor';
import { inEvaluation } from '../generation/in-evaluation.ts';
import type { EncoderModel } from '../models/encoder/model.ts';

export type Pooling = 'mean' | 'cls' | 'max';

export interface EmbedOptions {
  /** The average of the tokens, the first token, or the largest of each number. @default 'mean' */
  readonly pooling?: Pooling;
  /** Whether vectors are scaled to length 1. @default true */
  readonly normalize?: boolean;
  /** Texts computed at once, the longest together. @default 32 */
  readonly batchSize?: number;
}

/** Embeds texts given as token ids with their special tokens, in any number and of any length.
 *  @returns one vector for each text, in their order */
export async function embed(
  model: EncoderModel,
  sequences: readonly (readonly number[])[],
  { pooling = 'mean', normalize = true, batchSize = 32 }: EmbedOptions = {},
): Promise<Float32Array[]> {
  const order = Array.from(sequences.keys()).sort(
    (a, b) => sequences[b]!.length - sequences[a]!.length,
  );
  const vectors = new Array<Float32Array>(sequences.length);
  for (let start = 0; start < order.length; start += batchSize) {
    const rows = order.slice(start, start + batchSize);
    const batch = rows.map((row) => sequences[row]!);
    const pooled = inEvaluation(model, () =>
      scope(() => embedBatch(model, batch, pooling, normalize)),
    ); // [B, C]
    const values = (await pooled.data()) as Float32Array;
    pooled.dispose();
    const C = values.length / rows.length;
    for (const [i, row] of rows.entries()) vectors[row] = values.slice(i * C, (i + 1) * C);
  }
  return vectors;
}

function embedBatch(
  model: EncoderModel,
  batch: readonly (readonly number[])[],
  pooling: Pooling,
  normalize: boolean,
): Tensor {
  const B = batch.length;
  const T = Math.max(...batch.map((row) => row.length));
  const ids = new Int32Array(B * T).fill(model.config.padTokenId);
  const kept = new Int32Array(B * T);
  for (const [i, row] of batch.entries()) {
    ids.set(row, i * T);
    kept.fill(1, i * T, i * T + row.length);
  }
  // Texts of one length, a single one above all, need no mask, and no kernel looks for what it hides.
  const mask = kept.includes(0) ? tf.tensor2d(kept, [B, T], 'int32') : undefined;
  const options = mask === undefined ? {} : { attentionMask: mask };
  const hidden = model.hiddenStates(tf.tensor2d(ids, [B, T], 'int32'), options);
  const pooled = pool(hidden, mask, pooling);
  return normalize ? unit(pooled) : pooled;
}

/** hidden [B, T, C], mask [B, T] (1 = a token; without one all are) → [B, C] over the tokens. */
export function pool(hidden: Tensor, mask: Tensor | undefined, pooling: Pooling): Tensor {
  const [B = 0, T = 0, C = 0] = hidden.shape;
  if (pooling === 'cls') return tf.reshape(tf.slice(hidden, [0, 0, 0], [B, 1, C]), [B, C]);
  if (mask === undefined) return pooling === 'mean' ? tf.mean(hidden, 1) : tf.max(hidden, 1);
  const kept = tf.reshape(tf.cast(mask, 'float32'), [B, T, 1]);
  return pooling === 'mean'
    ? tf.div(tf.sum(tf.mul(hidden, kept), 1), tf.maximum(tf.sum(kept, 1), 1e-9))
    : tf.max(tf.sub(hidden, tf.mul(tf.sub(1, kept), 1e9)), 1);
}

/** Rows of x [B, C] scaled to length 1. */
const unit = (x: Tensor): Tensor =>
  tf.div(x, tf.maximum(tf.sqrt(tf.sum(tf.square(x), 1, true)), 1e-12));
