// The gradient of MaxPool3D in tf operations, in place of tfjs's cpu kernel, which confuses the taps of windows
// that are not cubes. The first of equal maxima gets the gradient.
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { composite, required } from './composite.ts';
import {
  axesOf3D,
  croppedToImage,
  paddedForWindow,
  placedAtTap,
  tapsOf,
  underTap,
} from './window.ts';

export type MaxPool3DGradAttrs = {
  filterSize: [number, number, number] | number;
  strides: [number, number, number] | number;
  pad: 'same' | 'valid' | number;
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
};

/** {dy [B, .., C], input [B, D, H, W, C], output [B, .., C]} → [B, D, H, W, C] */
export const maxPool3DGrad = composite<MaxPool3DGradAttrs>('MaxPool3DGrad', (inputs, attrs) => {
  const [dy, input] = [required(inputs, 'dy'), required(inputs, 'input')];
  const output = required(inputs, 'output');
  const { filterSize, strides, pad, dimRoundingMode } = attrs;
  const shape = input.shape as [number, number, number, number, number];
  const info = tf.backend_util.computePool3DInfo(
    shape,
    filterSize,
    strides,
    1,
    pad,
    dimRoundingMode,
  );
  const axes = axesOf3D(info);
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
