// The weights that `attention` of @llm/tensor gives to the keys but never writes out: for looking at.
import { tf, type AttentionOptions, type Tensor } from '@llm/tensor';

const HIDDEN = -1e30;

/** softmax(scale · q·kᵀ) over the keys that each query sees.
 *  @param queries [B, T, H, D] @param keys [B, S, K, D]
 *  @returns [B, H, T, keyLength]; a query that sees no key has equal weights */
export function attentionWeights(
  queries: Tensor,
  keys: Tensor,
  options: AttentionOptions & { readonly scale: number },
): Tensor {
  const { scale, softcap = 0, bias, keyLength = keys.shape[1]! } = options;
  return tf.tidy(() => {
    const scores = tf.mul(products(queries, keys, keyLength), scale); // [B, H, T, S]
    const capped = softcap > 0 ? tf.mul(tf.tanh(tf.div(scores, softcap)), softcap) : scores;
    const biased = bias === undefined ? capped : tf.add(capped, bias);
    return tf.softmax(tf.add(biased, hiddenKeys(queries.shape, { ...options, keyLength })), -1);
  });
}

/** q·kᵀ where query head h reads key head ⌊h·K/H⌋: [B, H, T, S]. */
function products(queries: Tensor, keys: Tensor, S: number): Tensor {
  const [B = 0, T = 0, H = 0, D = 0] = queries.shape;
  const K = keys.shape[2]!;
  const seen = tf.slice(keys, [0, 0, 0, 0], [B, S, K, D]);
  const q = tf.reshape(tf.transpose(queries, [0, 2, 1, 3]), [B, K, (H / K) * T, D]);
  const k = tf.transpose(seen, [0, 2, 1, 3]); // [B, K, S, D]
  return tf.reshape(tf.matMul(q, k, false, true), [B, H, T, S]);
}

/** 0 where a query sees a key, else a large negative number: [B, 1, T, S]. */
function hiddenKeys(
  [B = 0, T = 0]: readonly number[],
  options: AttentionOptions & { readonly keyLength: number },
): Tensor {
  const { keyLength: S, isCausal = true, window, mask } = options;
  const offset = options.queryOffset ?? S - T;
  const kept = mask?.dataSync();
  const columns = mask?.shape[1] ?? 0;
  const added = new Float32Array(B * T * S);
  for (let i = 0; i < added.length; i++) {
    const [b, query, key] = [Math.floor(i / (T * S)), (Math.floor(i / S) % T) + offset, i % S];
    const isSeen =
      (!isCausal || key <= query) &&
      (window === undefined || Math.abs(query - key) < window) &&
      (kept === undefined || kept[b * columns + key] !== 0);
    if (!isSeen) added[i] = HIDDEN;
  }
  return tf.tensor4d(added, [B, 1, T, S]);
}
