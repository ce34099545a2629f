// Scaled dot-product attention with grouped key/value heads (Vaswani et al. 2017, arXiv 1706.03762;
// Ainslie et al. 2023, arXiv 2305.13245), the plain way: the whole [T, S] score matrix is made. The
// native kernel never makes it; this is what it is checked against. The log-sum-exp of each row is
// a second output, from which the backward pass rebuilds the probabilities (Dao et al. 2022, arXiv
// 2205.14135). A row that sees no key gives zeros.
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { composite, required, type KernelInputs } from './composite.ts';
import { matMulTransposedA, matMulTransposedB } from './mat-mul-transposed.ts';

export type AttentionAttrs = {
  isCausal: boolean;
  scale: number;
  keyLength: number;
  queryOffset: number;
  /** Share of the weights to drop, and the seed of which. */
  dropout: number;
  seed: number;
};

/** Far below every score, yet finite, so that no ∞ − ∞ arises in an empty row. */
const HIDDEN_SCORE = -1e30;

const MASK_ROW = 64;

/**
 * {q [B, T, H, D], k [B, S, K, D], v [B, S, K, D], mask? [B, ≥ keyLength]} → [out [B, T, H, D],
 * logSumExp [B, H, T]]
 */
const forward = (inputs: KernelInputs, attrs: AttentionAttrs): Tensor[] => {
  const { q, k, v, visible, sizes } = prepare(inputs, attrs);
  const { B, T, H } = sizes;
  const scores = scoresOf(q, k, visible, sizes, attrs.scale); // [B, H, T, L]
  const rowMax = tf.max(scores, 3, true); // [B, H, T, 1]
  const weights = tf.mul(tf.exp(tf.sub(scores, rowMax)), visible);
  const sums = tf.sum(weights, 3, true); // [B, H, T, 1]
  const safeSums = tf.add(sums, tf.cast(tf.equal(sums, 0), 'float32'));
  const kept = dropWeights(tf.div(weights, safeSums), attrs); // [B, H, T, L]
  const out = matMulGrouped(kept, v, sizes); // [B, H, T, D]
  const logSumExp = tf.add(rowMax, tf.log(safeSums)); // [B, H, T, 1]
  return [tf.transpose(out, [0, 2, 1, 3]), tf.reshape(logSumExp, [B, H, T])];
};

/** {dy, q, k, v, mask?, out, logSumExp} → [dq, dk, dv] */
const backward = (inputs: KernelInputs, attrs: AttentionAttrs): Tensor[] => {
  const { q, k, v, visible, sizes } = prepare(inputs, attrs);
  const { B, T, H, K, D, L } = sizes;
  const grouped = [B * K, (H / K) * T];
  const dy = tf.transpose(required(inputs, 'dy'), [0, 2, 1, 3]); // [B, H, T, D]
  const out = tf.transpose(required(inputs, 'out'), [0, 2, 1, 3]);
  const logSumExp = tf.reshape(required(inputs, 'logSumExp'), [B, H, T, 1]);
  const scores = scoresOf(q, k, visible, sizes, attrs.scale);
  const weights = tf.mul(tf.exp(tf.sub(scores, logSumExp)), visible); // [B, H, T, L]
  const dyRows = tf.reshape(dy, [...grouped, D]);
  const dKept = tf.reshape(matMulTransposedB(dyRows, v), [B, H, T, L]);
  const dWeights = dropWeights(dKept, attrs); // dropout is linear, so its gradient is itself
  const rowDots = tf.sum(tf.mul(dy, out), 3, true); // [B, H, T, 1]
  const dScores = tf.mul(tf.mul(weights, tf.sub(dWeights, rowDots)), attrs.scale);
  const dScoreRows = tf.reshape(dScores, [...grouped, L]);
  const dq = tf.reshape(tf.matMul(dScoreRows, k), [B, H, T, D]);
  const dk = matMulTransposedA(dScoreRows, q); // [B·K, L, D]
  const dv = matMulTransposedA(tf.reshape(dropWeights(weights, attrs), [...grouped, L]), dyRows);
  return [tf.transpose(dq, [0, 2, 1, 3]), fromKeyHeads(dk, sizes), fromKeyHeads(dv, sizes)];
};

export const attention = composite<AttentionAttrs>('Attention', forward);
export const attentionGrad = composite<AttentionAttrs>('AttentionGrad', backward);
/**
 * The same kernels with a mask; names of their own because tfjs saves a fixed list of inputs for
 * the gradient.
 */
export const maskedAttention = composite<AttentionAttrs>('MaskedAttention', forward);
export const maskedAttentionGrad = composite<AttentionAttrs>('MaskedAttentionGrad', backward);

/** L is the number of keys in use. */
type Sizes = { B: number; T: number; S: number; H: number; K: number; D: number; L: number };

function prepare(inputs: KernelInputs, attrs: AttentionAttrs) {
  const q = required(inputs, 'q');
  const k = required(inputs, 'k');
  const [B, T, H, D] = q.shape as [number, number, number, number];
  const [, S, K] = k.shape as [number, number, number];
  const sizes: Sizes = { B, T, S, H, K, D, L: attrs.keyLength };
  return {
    q: tf.reshape(tf.transpose(q, [0, 2, 1, 3]), [B * K, (H / K) * T, D]),
    k: toKeyHeads(k, sizes),
    v: toKeyHeads(required(inputs, 'v'), sizes),
    visible: visibility(inputs['mask'], sizes, attrs),
    sizes,
  };
}

/** [B, S, K, D] → [B·K, L, D] */
function toKeyHeads(x: Tensor, { B, K, D, L }: Sizes): Tensor {
  const used = tf.slice(x, [0, 0, 0, 0], [B, L, K, D]);
  return tf.reshape(tf.transpose(used, [0, 2, 1, 3]), [B * K, L, D]);
}

/** [B·K, L, D] → [B, S, K, D], zero at the keys not in use */
function fromKeyHeads(x: Tensor, { B, S, K, D, L }: Sizes): Tensor {
  const used = tf.transpose(tf.reshape(x, [B, K, L, D]), [0, 2, 1, 3]);
  return L === S ? used : tf.concat([used, tf.zeros([B, S - L, K, D])], 1);
}

/** 1 where query i may see key j: [1 or B, 1, T, L] float32 */
function visibility(mask: Tensor | undefined, { B, T, L }: Sizes, attrs: AttentionAttrs): Tensor {
  const keys = tf.reshape(tf.range(0, L, 1, 'float32'), [1, 1, 1, L]);
  const offset = attrs.isCausal ? attrs.queryOffset : L;
  const lastSeen = tf.reshape(tf.range(offset, offset + T, 1, 'float32'), [1, 1, T, 1]);
  const causal = tf.cast(tf.lessEqual(keys, lastSeen), 'float32');
  if (!mask) return causal;
  const kept = tf.cast(tf.notEqual(tf.slice(mask, [0, 0], [B, L]), 0), 'float32');
  return tf.mul(causal, tf.reshape(kept, [B, 1, 1, L]));
}

function scoresOf(q: Tensor, k: Tensor, visible: Tensor, sizes: Sizes, scale: number): Tensor {
  const { B, H, T, L } = sizes;
  const scores = tf.reshape(tf.mul(matMulTransposedB(q, k), scale), [B, H, T, L]);
  return tf.add(tf.mul(scores, visible), tf.mul(tf.sub(1, visible), HIDDEN_SCORE));
}

/**
 * Dropout of [B, H, T, L] weights. The mask is drawn for rows of a multiple of 64 keys, so that the native kernel's
 * tiles begin at whole blocks of random words.
 */
function dropWeights(weights: Tensor, { dropout: rate, seed }: AttentionAttrs): Tensor {
  if (rate === 0) return weights;
  const L = weights.shape[3]!;
  const unused = (MASK_ROW - (L % MASK_ROW)) % MASK_ROW;
  const padding: [number, number][] = [
    ...[0, 0, 0].map((): [number, number] => [0, 0]),
    [0, unused],
  ];
  const rows = tf.pad(weights, padding);
  const dropped = tf.engine().runKernel<Tensor>('Dropout', { x: rows }, { rate, seed });
  return tf.slice(dropped, [0, 0, 0, 0], weights.shape);
}

/** [B, H, T, L] · [B·K, L, D] → [B, H, T, D] */
function matMulGrouped(weights: Tensor, v: Tensor, { B, T, H, K, D, L }: Sizes): Tensor {
  const rows = tf.reshape(weights, [B * K, (H / K) * T, L]);
  return tf.reshape(tf.matMul(rows, v), [B, H, T, D]);
}
