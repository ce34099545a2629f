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
  /** A query sees only keys nearer than this; 0 = all. */
  window?: number;
  /** Scores become softcap · tanh(score / softcap); 0 = they stay. */
  softcap?: number;
};

/** Far below every score, yet finite, so that no ∞ − ∞ arises in an empty row. */
const HIDDEN_SCORE = -1e30;

const MASK_ROW = 64;

/**
 * {q [B, T, H, D], k [B, S, K, D], v [B, S, K, D], bias? [1 or B, 1 or H, T, keyLength],
 * mask? [B, ≥ keyLength]} → [out [B, T, H, D], logSumExp [B, H, T]]
 */
const forward = (inputs: KernelInputs, attrs: AttentionAttrs): Tensor[] => {
  const { q, k, v, visible, sizes } = prepare(inputs, attrs);
  const { B, T, H } = sizes;
  const scores = hide(scoresOf(q, k, inputs['bias'], sizes, attrs), visible); // [B, H, T, L]
  const rowMax = tf.max(scores, 3, true); // [B, H, T, 1]
  const weights = tf.mul(tf.exp(tf.sub(scores, rowMax)), visible);
  const sums = tf.sum(weights, 3, true); // [B, H, T, 1]
  const safeSums = tf.add(sums, tf.cast(tf.equal(sums, 0), 'float32'));
  const kept = dropWeights(tf.div(weights, safeSums), attrs); // [B, H, T, L]
  const out = matMulGrouped(kept, v, sizes); // [B, H, T, D]
  const logSumExp = tf.add(rowMax, tf.log(safeSums)); // [B, H, T, 1]
  return [tf.transpose(out, [0, 2, 1, 3]), tf.reshape(logSumExp, [B, H, T])];
};

/** {dy, q, k, v, bias?, mask?, out, logSumExp} → [dq, dk, dv, dbias?] */
const backward = (inputs: KernelInputs, attrs: AttentionAttrs): Tensor[] => {
  const { q, k, v, visible, sizes } = prepare(inputs, attrs);
  const { B, T, H, K, D, L } = sizes;
  const grouped = [B * K, (H / K) * T];
  const dy = tf.transpose(required(inputs, 'dy'), [0, 2, 1, 3]); // [B, H, T, D]
  const out = tf.transpose(required(inputs, 'out'), [0, 2, 1, 3]);
  const logSumExp = tf.reshape(required(inputs, 'logSumExp'), [B, H, T, 1]);
  const bias = inputs['bias'];
  const scores = scoresOf(q, k, bias, sizes, attrs);
  const weights = tf.mul(tf.exp(tf.sub(hide(scores, visible), logSumExp)), visible); // [B, H, T, L]
  const dyRows = tf.reshape(dy, [...grouped, D]);
  const dKept = tf.reshape(matMulTransposedB(dyRows, v), [B, H, T, L]);
  const dWeights = dropWeights(dKept, attrs); // dropout is linear, so its gradient is itself
  const rowDots = tf.sum(tf.mul(dy, out), 3, true); // [B, H, T, 1]
  const dCapped = tf.mul(weights, tf.sub(dWeights, rowDots)); // [B, H, T, L]
  const dScores = attrs.softcap ? tf.mul(dCapped, capSlope(scores, attrs.softcap)) : dCapped;
  const dScoreRows = tf.reshape(tf.mul(dScores, attrs.scale), [...grouped, L]);
  const dq = tf.reshape(tf.matMul(dScoreRows, k), [B, H, T, D]);
  const dk = matMulTransposedA(dScoreRows, q); // [B·K, L, D]
  const dv = matMulTransposedA(tf.reshape(dropWeights(weights, attrs), [...grouped, L]), dyRows);
  const gradients = [
    tf.transpose(dq, [0, 2, 1, 3]),
    fromKeyHeads(dk, sizes),
    fromKeyHeads(dv, sizes),
  ];
  return bias ? [...gradients, sumToShape(dScores, bias.shape)] : gradients;
};

export const attention = composite<AttentionAttrs>('Attention', forward);
export const attentionGrad = composite<AttentionAttrs>('AttentionGrad', backward);
/**
 * The same kernels with a mask; names of their own because tfjs saves a fixed list of inputs for
 * the gradient.
 */
export const maskedAttention = composite<AttentionAttrs>('MaskedAttention', forward);
export const maskedAttentionGrad = composite<AttentionAttrs>('MaskedAttentionGrad', backward);
/** And with a bias added to the scores, with and without a mask. */
export const biasedAttention = composite<AttentionAttrs>('BiasedAttention', forward);
export const biasedAttentionGrad = composite<AttentionAttrs>('BiasedAttentionGrad', backward);
export const maskedBiasedAttention = composite<AttentionAttrs>('MaskedBiasedAttention', forward);
export const maskedBiasedAttentionGrad = composite<AttentionAttrs>(
  'MaskedBiasedAttentionGrad',
  backward,
);

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
  const { isCausal, queryOffset, window = 0 } = attrs;
  const keys = tf.reshape(tf.range(0, L, 1, 'float32'), [1, 1, 1, L]);
  const end = queryOffset + T;
  const queries = tf.reshape(tf.range(queryOffset, end, 1, 'float32'), [1, 1, T, 1]);
  const distances = tf.sub(queries, keys); // [1, 1, T, L], positive for keys before the query
  const causal = isCausal ? tf.greaterEqual(distances, 0) : tf.onesLike(distances);
  const near = window > 0 ? tf.less(tf.abs(distances), window) : tf.onesLike(distances);
  const seen = tf.mul(tf.cast(causal, 'float32'), tf.cast(near, 'float32'));
  if (!mask) return seen;
  const kept = tf.cast(tf.notEqual(tf.slice(mask, [0, 0], [B, L]), 0), 'float32');
  return tf.mul(seen, tf.reshape(kept, [B, 1, 1, L]));
}

/** The scores of all keys, hidden ones too: [B, H, T, L] */
function scoresOf(
  q: Tensor,
  k: Tensor,
  bias: Tensor | undefined,
  { B, T, H, L }: Sizes,
  { scale, softcap = 0 }: AttentionAttrs,
): Tensor {
  const products = tf.reshape(tf.mul(matMulTransposedB(q, k), scale), [B, H, T, L]);
  const scores = bias ? tf.add(products, bias) : products;
  return softcap > 0 ? tf.mul(tf.tanh(tf.div(scores, softcap)), softcap) : scores;
}

const hide = (scores: Tensor, visible: Tensor): Tensor =>
  tf.add(tf.mul(scores, visible), tf.mul(tf.sub(1, visible), HIDDEN_SCORE));

/** The derivative of c · tanh(s / c), from its value. */
const capSlope = (capped: Tensor, softcap: number): Tensor =>
  tf.sub(1, tf.square(tf.div(capped, softcap)));

/** Sums over the axes along which a tensor of `shape` was repeated. */
function sumToShape(x: Tensor, shape: readonly number[]): Tensor {
  const axes = shape.flatMap((size, axis) => (size === 1 && x.shape[axis] !== 1 ? [axis] : []));
  return axes.length > 0 ? tf.sum(x, axes, true) : tf.clone(x);
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
