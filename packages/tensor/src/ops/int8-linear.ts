import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { Int8Weight } from '../quantized/int8-weight.ts';
import { expectDtype, expectFeatures, expectShape, fail } from './expect.ts';

/** Sums of more products might leave an int32. */
const MOST_COLUMNS = 65_536;

/**
 * Rounds a weight to 8 bits, symmetrically, each row by its own scale: q = round(w / scale), scale = its largest |w| / 127.
 * @param weight [O, I] float32, I up to 65,536; stays the caller's
 * @returns the handle for `int8Linear`, owned by the caller
 * @throws ShapeError
 */
export function quantizeInt8(weight: Tensor): Int8Weight {
  expectDtype('quantizeInt8', 'weight', weight, 'float32');
  expectShape('quantizeInt8', 'weight', weight, [null, null], '[O, I]');
  const [rows, columns] = weight.shape as [number, number];
  if (columns > MOST_COLUMNS) {
    fail('quantizeInt8', 'weight', `at most ${MOST_COLUMNS} columns`, `${columns}`, 'Split it.');
  }
  const outputs = tf.engine().runKernel<Tensor[]>('Int8Quantize', { x: weight });
  const [bytes, scales, offsets] = outputs as [Tensor, Tensor, Tensor];
  return new Int8Weight([rows, columns], { bytes, scales, offsets });
}

/**
 * y = x · Wᵀ + b in 8-bit integers, as PyTorch's dynamically quantised Linear: each row of x is rounded to 8 bits by its
 * largest |x|, products are summed exactly, and the sum is scaled in float32. Each factor is off by at most 1/254 of its
 * row's largest. The same bits on every backend, processor and number of threads; a row of x gives the same alone or
 * among others; a NaN or infinity makes its row NaN. The weight is frozen; the gradient of x is that of the float32 product.
 * @param x [.., I] float32
 * @param weight [O, I] from `quantizeInt8`
 * @param bias [O] float32
 * @returns [.., O], owned by the caller
 * @throws ShapeError; UnsupportedError for a weight made on another backend
 */
export function int8Linear(x: Tensor, weight: Int8Weight, bias?: Tensor): Tensor {
  const [rows, columns] = weight.shape;
  expectFeatures('int8Linear', 'x', x);
  expectShape('int8Linear', 'x', x, [...x.shape.slice(0, -1), columns], '[.., I]');
  if (bias) expectDtype('int8Linear', 'bias', bias, 'float32');
  if (bias) expectShape('int8Linear', 'bias', bias, [rows], '[O]');
  const { inputs, attrs } = weight.kernelArguments('int8Linear');
  return tf
    .engine()
    .runKernel<Tensor>('Int8Linear', { x, ...inputs, ...(bias && { bias }) }, attrs);
}
