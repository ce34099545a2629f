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
  const [B = 0, T = 0, H = 0, D = 0] = heads.queries.shape;
  const K = heads.keys.shape[2]!;
  const byHead = (x: Tensor) => tf.transpose(x, [0, 2, 1, 3]); // [B, H or K, T, D]
  const grouped = [B, K, (H / K) * T]; // the queries of the heads that share a key head, one after another
  const queries = tf.reshape(byHead(heads.queries), [...grouped, D]);
  const products = tf.matMul(queries, byHead(heads.keys), false, true); // [B, K, H/K·T, T]
  const scores = tf.mul(tf.reshape(products, [B, H, T, T]), scale);
  const visible = tf.add(scores, hiddenScores(T, mask)); // [B, H, T, T]
  const weights = dropout(tf.softmax(visible), rate, generator.nextSeed());
  const out = tf.matMul(tf.reshape(weights, [...grouped, T]), byHead(heads.values));
  return byHead(tf.reshape(out, [B, H, T, D])); // [B, T, H, D]
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
