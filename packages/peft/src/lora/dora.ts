// DoRA (Liu et al. 2024, arXiv 2402.09353): W′ = diag(m / ‖W + s·B·A‖)·(W + s·B·A), the lengths m of the rows trained
// apart from their directions. The norm counts as a constant in the backward pass (section 4.3).

import { tf, type Tensor } from '@llm/tensor';

/** A weight's rows and the low-rank change of them; for embeddings, the "rows" are the table's columns. */
export interface ChangedRows {
  /** ‖W_o‖², [O] */
  readonly squares: Tensor;
  /** A·Wᵀ, [R, O] */
  readonly cross: Tensor;
  /** [R, N] */
  readonly a: Tensor;
  /** [O, R] */
  readonly b: Tensor;
  readonly scaling: number;
}

/**
 * ‖W_o + s·b_o·A‖ for each row o, [O], without the sum itself, which would be as large as W:
 * ‖W_o‖² + 2s·b_o·(A·W_oᵀ) + s²·b_o·(A·Aᵀ)·b_oᵀ.
 */
export function rowNorms({ squares, cross, a, b, scaling }: ChangedRows): Tensor {
  return tf.tidy(() => {
    const mixed = tf.sum(tf.mul(b, tf.transpose(cross)), 1);
    const own = tf.sum(tf.mul(tf.matMul(b, tf.matMul(a, a, false, true)), b), 1);
    const sum = tf.addN([squares, tf.mul(mixed, 2 * scaling), tf.mul(own, scaling * scaling)]);
    return tf.sqrt(tf.maximum(sum, 0)); // rounding may take a row that vanishes below zero
  });
}
