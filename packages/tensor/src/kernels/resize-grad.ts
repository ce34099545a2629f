// Gradients of image resizing in tf operations, in place of tfjs's kernels on cpu and wasm: those swap height
// and width of the result and leave `halfPixelCenters` out. Resizing is linear along each axis, so its gradient
// is two products with matrices of what every output row (column) reads.
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { composite, required } from './composite.ts';

export type ResizeGradAttrs = { alignCorners: boolean; halfPixelCenters?: boolean };

/** How position i of a resized axis reads the original. */
type SharesOf = (source: number, last: number) => readonly (readonly [number, number])[];

/** [outSize, size]: row i has the shares with which output i reads each input. */
function readingMatrix(
  size: number,
  outSize: number,
  attrs: ResizeGradAttrs,
  isBilinear: boolean,
): Tensor {
  const isAligned = attrs.alignCorners && outSize > 1;
  const ratio = isAligned ? (size - 1) / (outSize - 1) : size / outSize;
  const [shift, back] = attrs.halfPixelCenters ? [0.5, isBilinear ? 0.5 : 0] : [0, 0];
  const sharesOf = isBilinear ? bilinear : nearestBy(attrs.alignCorners);
  const values = new Float32Array(outSize * size);
  for (let i = 0; i < outSize; i++) {
    for (const [place, share] of sharesOf(ratio * (i + shift) - back, size - 1)) {
      values[i * size + place]! += share;
    }
  }
  return tf.tensor2d(values, [outSize, size]);
}

const bilinear: SharesOf = (source, last) => {
  const low = Math.min(last, Math.max(0, Math.floor(source)));
  const high = Math.min(last, Math.max(0, Math.ceil(source)));
  const share = low === high ? 0 : source - low;
  return [
    [low, 1 - share],
    [high, share],
  ];
};

const nearestBy =
  (isRounded: boolean): SharesOf =>
  (source, last) => [
    [Math.min(last, Math.max(0, isRounded ? Math.round(source) : Math.floor(source))), 1],
  ];

function resizeGrad(kernelName: string, isBilinear: boolean) {
  return composite<ResizeGradAttrs>(kernelName, (inputs, attrs) => {
    const dy = required(inputs, 'dy'); // [B, outHeight, outWidth, C]
    const [B, height, width, C] = required(inputs, 'images').shape as [
      number,
      number,
      number,
      number,
    ];
    const [, outHeight, outWidth] = dy.shape as [number, number, number, number];
    const rows = readingMatrix(height, outHeight, attrs, isBilinear);
    const columns = readingMatrix(width, outWidth, attrs, isBilinear);
    const byRow = tf.reshape(dy, [B, outHeight, outWidth * C]);
    const tall = tf.matMul(tf.broadcastTo(rows, [B, outHeight, height]), byRow, true); // [B, height, ..]
    const lines = tf.reshape(tall, [B * height, outWidth, C]);
    const wide = tf.broadcastTo(columns, [B * height, outWidth, width]);
    return tf.reshape(tf.matMul(wide, lines, true), [B, height, width, C]);
  });
}

export const resizeBilinearGrad = resizeGrad('ResizeBilinearGrad', true);
export const resizeNearestNeighborGrad = resizeGrad('ResizeNearestNeighborGrad', false);
