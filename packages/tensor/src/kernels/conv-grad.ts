// Gradients of convolutions, written with tf operations, one tap of the window at a time: for backends that
// have no kernel or a wrong one (wasm), and for dilated windows, which tfjs's own kernels don't take.
// B batch, C channels in, N channels out, P output pixels of all images; `taps` the window's sizes.
import * as tf from '@tensorflow/tfjs-core';
import type { backend_util, Tensor } from '@tensorflow/tfjs-core';
import { composite, required } from './composite.ts';
import {
  axesOf2D,
  axesOf3D,
  croppedToImage,
  paddedForWindow,
  placedAtTap,
  spreadAlong,
  tapsOf,
  underTap,
  type WindowAxis,
} from './window.ts';

export type ConvGradAttrs = {
  strides: number[] | number;
  pad: 'same' | 'valid' | number | backend_util.ExplicitPadding;
  dataFormat?: string;
  dilations?: number[] | number;
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
};

/** Of channels-last shapes, of two axes or three. */
function axesOf(xShape: number[], filterShape: number[], attrs: ConvGradAttrs): WindowAxis[] {
  const { strides, pad, dilations, dimRoundingMode } = attrs;
  const { computeConv2DInfo, computeConv3DInfo } = tf.backend_util;
  const [x, filter, step] = [xShape as never, filterShape as never, strides as never];
  const dilation = (dilations ?? 1) as never;
  if (xShape.length === 5)
    return axesOf3D(computeConv3DInfo(x, filter, step, dilation, pad as never));
  const isDepthwise = true; // concerns the channels only, which are not looked at here
  return axesOf2D(computeConv2DInfo(x, filter, step, dilation, pad, dimRoundingMode, isDepthwise));
}

/** x [B, .., C], dy [B, .., N] → [...taps, C, N] */
export function convFilterGradient(
  x: Tensor,
  dy: Tensor,
  filterShape: number[],
  attrs: ConvGradAttrs,
): Tensor {
  const axes = axesOf(x.shape, filterShape, attrs);
  const padded = paddedForWindow(x, axes);
  const [C, N] = filterShape.slice(-2) as [number, number];
  const dyRows = tf.reshape(dy, [-1, N]); // [P, N]
  const parts = tapsOf(axes).map((tap) =>
    tf.matMul(tf.reshape(underTap(padded, axes, tap), [-1, C]), dyRows, true),
  ); // each [C, N]
  return tf.reshape(tf.stack(parts), filterShape);
}

/** dy [B, .., N], filter [...taps, C, N] → [B, .., C] */
export function convInputGradient(
  xShape: number[],
  dy: Tensor,
  filter: Tensor,
  attrs: ConvGradAttrs,
): Tensor {
  const axes = axesOf(xShape, filter.shape, attrs);
  const [C, N] = filter.shape.slice(-2) as [number, number];
  const dyRows = tf.reshape(dy, [-1, N]); // [P, N]
  const weights = tf.unstack(tf.reshape(filter, [-1, C, N])); // each [C, N]
  const shape = dy.shape.with(-1, C);
  const parts = tapsOf(axes).map((tap, i) => {
    const part = tf.matMul(dyRows, weights[i]!, false, true); // [P, C]
    return placedAtTap(tf.reshape(part, shape), axes, tap);
  });
  return croppedToImage(tf.addN(parts), axes);
}

type FilterAttrs = ConvGradAttrs & { filterShape: number[] };
type InputAttrs = ConvGradAttrs & { inputShape: number[] };

const TO_CHANNELS_LAST = [0, 2, 3, 1];

/** {x, dy} → the gradient of the filter, [filterHeight, filterWidth, C, N] */
export const conv2DBackpropFilter = composite<FilterAttrs>(
  'Conv2DBackpropFilter',
  (inputs, attrs) => {
    const [x, dy] = [required(inputs, 'x'), required(inputs, 'dy')];
    if (attrs.dataFormat !== 'NCHW') return convFilterGradient(x, dy, attrs.filterShape, attrs);
    const last = (tensor: Tensor) => tf.transpose(tensor, TO_CHANNELS_LAST);
    return convFilterGradient(last(x), last(dy), attrs.filterShape, attrs);
  },
);

/** {x [B, D, H, W, C], dy} → [filterDepth, filterHeight, filterWidth, C, N] */
export const conv3DBackpropFilter = composite<FilterAttrs>(
  'Conv3DBackpropFilterV2',
  (inputs, attrs) =>
    convFilterGradient(required(inputs, 'x'), required(inputs, 'dy'), attrs.filterShape, attrs),
);

/** {dy, filter [.., C, N]} → [B, D, H, W, C] */
export const conv3DBackpropInput = composite<InputAttrs>('Conv3DBackpropInputV2', (inputs, attrs) =>
  convInputGradient(attrs.inputShape, required(inputs, 'dy'), required(inputs, 'filter'), attrs),
);

/** {x [B, .., C], dy [B, .., C·M]} → [filterHeight, filterWidth, C, M] */
export const depthwiseBackpropFilter = composite<FilterAttrs>(
  'DepthwiseConv2dNativeBackpropFilter',
  (inputs, attrs) => {
    const x = required(inputs, 'x');
    const axes = axesOf(x.shape, attrs.filterShape, attrs);
    const [C, M] = attrs.filterShape.slice(2) as [number, number];
    const padded = paddedForWindow(x, axes);
    const dyRows = tf.reshape(required(inputs, 'dy'), [-1, C, M]); // [P, C, M]
    const parts = tapsOf(axes).map((tap) => {
      const rows = tf.reshape(underTap(padded, axes, tap), [-1, C, 1]); // [P, C, 1]
      return tf.sum(tf.mul(rows, dyRows), 0); // [C, M]
    });
    return tf.reshape(tf.stack(parts), attrs.filterShape);
  },
);

/** {dy [B, .., C·M], filter [.., C, M]} → [B, inHeight, inWidth, C] */
export const depthwiseBackpropInput = composite<InputAttrs>(
  'DepthwiseConv2dNativeBackpropInput',
  (inputs, attrs) => {
    const filter = required(inputs, 'filter');
    const dy = required(inputs, 'dy');
    const axes = axesOf(attrs.inputShape, filter.shape, attrs);
    const [C, M] = filter.shape.slice(2) as [number, number];
    const dyRows = tf.reshape(dy, [-1, C, M]); // [P, C, M]
    const weights = tf.unstack(tf.reshape(filter, [-1, C, M]));
    const parts = tapsOf(axes).map((tap, i) => {
      const part = tf.sum(tf.mul(dyRows, weights[i]!), 2); // [P, C]
      return placedAtTap(tf.reshape(part, dy.shape.with(-1, C)), axes, tap);
    });
    return croppedToImage(tf.addN(parts), axes);
  },
);

/** The filter [...taps, C, N] with zeros between its taps. */
export function dilateFilter(filter: Tensor, dilations: readonly number[]): Tensor {
  return dilations.reduce<Tensor>((wide, dilation, a) => spreadAlong(wide, a, dilation), filter);
}
