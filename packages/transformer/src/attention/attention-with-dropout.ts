// Causal attention that drops attention weights, as GPT-2's `attnPdrop` asks in training. Written out
// with the [T, S] matrix: the fused `attention` never forms the weights that dropout would act on.
import { dropout, tf, type Generator, type Tensor } from '@llm/tensor';
import type { Heads } from './attend.ts';

export interface DropoutOptions {
  readonly scale: number;
  /** [B, T], 1 = attend. */
  readonly mask?: Tensor;
  /** Share dropped, in (0, 1). */
  readonly dropout: number;
  readonly generator: Generator;
}

const HIDDEN = -1e9; // a score whose exponential is zero in float32

/** queries [B, T, H, D], keys and values [B, T, K, D] → [B, T, H, D]. */
export function attentionWithDropout(heads: Heads, options: DropoutOptions): Tensor {
  const { scale, mask, dropout: rate, generator } = options;
  const [, length = 0, queryHeads = 0] = heads.queries.shape;
  const groups = queryHeads / heads.keys.shape[2]!;
  const queries = tf.transpose(heads.queries, [0, 2, 1, 3]); // [B, H, T, D]
  const keys = repeatHeads(heads.keys, groups); // [B, H, T, D]
  const values = repeatHeads(heads.values, groups); // [B, H, T, D]
  const scores = tf.mul(tf.matMul(queries, keys, false, true), scale); // [B, H, T, T]
  const visible = tf.add(scores, hiddenScores(length, mask)); // [B, H, T, T]
  const weights = dropout(tf.softmax(visible), rate, generator.nextSeed());
  return tf.transpose(tf.matMul(weights, values), [0, 2, 1, 3]); // [B, T, H, D]
}

/** [B, T, K, D] → [B, K·groups, T, D], each head `groups` times in a row. */
function repeatHeads(x: Tensor, groups: number): Tensor {
  const [batch = 0, length = 0, heads = 0, headDim = 0] = x.shape;
  const perHead = tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [batch, heads, 1, length, headDim]);
  const repeated = groups === 1 ? perHead : tf.tile(perHead, [1, 1, groups, 1, 1]);
  return tf.reshape(repeated, [batch, heads * groups, length, headDim]);
}

/** 0 where a key is visible, a large negative number where not: [1 or B, 1, T, T]. */
function hiddenScores(length: number, mask: Tensor | undefined): Tensor {
  const causal = Float32Array.from({ length: length * length }, (_, i) =>
    i % length > Math.floor(i / length) ? HIDDEN : 0,
  );
  const future = tf.tensor4d(causal, [1, 1, length, length]);
  if (mask === undefined) return future;
  const columns = tf.reshape(tf.cast(mask, 'float32'), [mask.shape[0]!, 1, 1, length]);
  return tf.minimum(future, tf.mul(tf.sub(1, columns), HIDDEN));
}
