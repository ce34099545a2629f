import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { QuantizedWeight } from '../quantized/quantized-weight.ts';
import { expectDtype, expectFeatures, expectShape } from './expect.ts';

/** How a product with a quantised weight is computed. */
export interface QuantizedLinearOptions {
  /**
   * `int8`: the native backend rounds x to 8 bits in groups of 32 values, as llama.cpp does, and multiplies
   * integers: several times faster, each product off by at most 1/254 of its group's largest |x|. `float32`:
   * x as it is and the weights as dequantised, the same on every backend (unless setMatmulPrecision says bfloat16). Weights in half precision are
   * multiplied in float32 either way, but for `int8` with BF16 weights and more than 8 rows: x is rounded to bfloat16.
   * @default 'int8'
   */
  readonly activations?: 'int8' | 'float32';
}

/**
 * y = x · Wᵀ + b with a quantised weight, which gets no gradient. The gradient of x is that of the
 * dequantised product, in the precision that setMatmulPrecision says.
 * @param x [.., I] float32
 * @param weight [O, I]
 * @param bias [O] float32
 * @returns [.., O], owned by the caller
 * @throws ShapeError; UnsupportedError for a weight made on another backend
 */
export function quantizedLinear(
  x: Tensor,
  weight: QuantizedWeight,
  bias?: Tensor,
  { activations = 'int8' }: QuantizedLinearOptions = {},
): Tensor {
  const [rows, columns] = weight.shape;
  expectFeatures('quantizedLinear', 'x', x);
  expectShape('quantizedLinear', 'x', x, [...x.shape.slice(0, -1), columns], '[.., I]');
  if (bias) expectDtype('quantizedLinear', 'bias', bias, 'float32');
  if (bias) expectShape('quantizedLinear', 'bias', bias, [rows], '[O]');
  const { bytes, attrs } = weight.kernelArguments('quantizedLinear');
  const inputs = { x, bytes, ...(bias && { bias }) };
  const isExact = activations === 'float32';
  return tf.engine().runKernel<Tensor>('QuantizedLinear', inputs, { ...attrs, isExact });
}

/**
 * Looks up rows of a quantised table, dequantised.
 * @param weight [V, C]
 * @param ids [..] int32, each from 0 to V − 1
 * @returns [.., C], owned by the caller
 * @throws ShapeError, also for an id outside the table; UnsupportedError as quantizedLinear
 */
export function quantizedEmbedding(weight: QuantizedWeight, ids: Tensor): Tensor {
  expectDtype('embedding', 'ids', ids, 'int32');
  const { bytes, attrs } = weight.kernelArguments('quantizedEmbedding');
  return tf.engine().runKernel<Tensor>('QuantizedEmbedding', { bytes, ids }, attrs);
}
