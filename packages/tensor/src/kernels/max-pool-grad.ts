// The gradients of MaxPool and MaxPool3D in tf operations, in place of tfjs's kernels that are wrong: cpu's of three
// axes confuses the taps of windows that are not cubes, wasm's finds no maximum among negative numbers. The first of
// equal maxima gets the gradient.
import * as tf from '@tensorflow/tfjs-core';
import type { backend_util, Tensor } from '@tensorflow/tfjs-core';
import { composite, required } from './composite.ts';
import {
  axesOf2D,
  axesOf3D,
  croppedToImage,
  paddedForWindow,
  placedAtTap,
  tapsOf,
  underTap,
  type WindowAxis,
} from './window.ts';

export type MaxPoolGradAttrs = {
  filterSize: number[] | number;
  strides: number[] | number;
  pad: 'same' | 'valid' | number | backend_util.ExplicitPadding;
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
};

function axesOf(shape: number[], attrs: MaxPoolGradAttrs): WindowAxis[] {
  const { filterSize, strides, pad, dimRoundingMode } = attrs;
  const { computePool2DInfo, computePool3DInfo } = tf.backend_util;
  const [image, filter, step, padding] = [shape, filterSize, strides, pad] as never[];
  if (shape.length === 5) {
    return axesOf3D(computePool3DInfo(image!, filter!, step!, 1, padding!, dimRoundingMode));
  }
  return axesOf2D(computePool2DInfo(image!, filter!, step!, 1, padding!, dimRoundingMode));
}

/** {dy [B, .., C], input [B, ...axes, C], output [B, .., C]} → [B, ...axes, C] */
function maxPoolGradOf(kernelName: string) {
  return composite<MaxPoolGradAttrs>(kernelName, (inputs, attrs) => {
    const [dy, input] = [required(inputs, 'dy'), required(inputs, 'input')];
    const output = required(inputs, 'output');
    const axes = axesOf(input.shape, attrs);
    const padded = paddedForWindow(input, axes, -Infinity);
    let open: Tensor = tf.onesLike(output); // 1 where no tap held the maximum yet
    const parts = tapsOf(axes).map((tap) => {
      const isMax = tf.cast(tf.equal(underTap(padded, axes, tap), output), 'float32');
      const chosen = tf.mul(isMax, open);
      open = tf.sub(open, chosen);
      return placedAtTap(tf.mul(dy, chosen), axes, tap);
    });
    return croppedToImage(tf.addN(parts), axes);
  });
}

export const maxPoolGrad = maxPoolGradOf('MaxPoolGrad');
export const maxPool3DGrad = maxPoolGradOf('MaxPool3DGrad');
