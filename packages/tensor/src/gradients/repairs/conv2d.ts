// Conv2D and DepthwiseConv2dNative: tfjs refuses the gradient of a dilated convolution. Our native kernels
// take dilations; elsewhere the input's gradient is that of a filter with zeros between its taps.
import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, NamedAttrMap, Tensor } from '@tensorflow/tfjs-core';
import {
  convFilterGradient,
  depthwiseBackpropFilter,
  depthwiseBackpropInput,
  dilateFilter,
  type ConvGradAttrs,
} from '../../kernels/conv-grad.ts';
import type { FusedKernel } from '../../kernels/composite.ts';
import { runGrad } from '../run-grad.ts';

type KernelAttrs = ConvGradAttrs & NamedAttrMap;

const pairOf = (value: ConvGradAttrs['dilations'] | null): number[] =>
  value == null ? [1, 1] : typeof value === 'number' ? [value, value] : value;

const isDilated = ({ dilations }: ConvGradAttrs) => pairOf(dilations).some((d) => d !== 1);

/** Whether the backend's own gradient kernel gives the right answer. */
const takes = (attrs: ConvGradAttrs) =>
  !isDilated(attrs) || ['native', 'meta'].includes(tf.getBackend());

function inputGradient(x: Tensor, dy: Tensor, filter: Tensor, attrs: ConvGradAttrs): Tensor {
  const inputShape = x.shape;
  if (takes(attrs)) return runGrad('Conv2DBackpropInput', { dy, filter }, { ...attrs, inputShape });
  const dilated = dilateFilter(filter, pairOf(attrs.dilations));
  const plain = { ...attrs, dilations: 1, inputShape };
  return runGrad('Conv2DBackpropInput', { dy, filter: dilated }, plain);
}

function filterGradient(x: Tensor, dy: Tensor, filter: Tensor, attrs: ConvGradAttrs): Tensor {
  const filterShape = filter.shape;
  if (takes(attrs)) return runGrad('Conv2DBackpropFilter', { x, dy }, { ...attrs, filterShape });
  if (attrs.dataFormat !== 'NCHW') return convFilterGradient(x, dy, filterShape, attrs);
  const last = (tensor: Tensor) => tf.transpose(tensor, [0, 2, 3, 1]);
  return convFilterGradient(last(x), last(dy), filterShape, attrs);
}

export const conv2DGradient: GradConfig = {
  kernelName: 'Conv2D',
  inputsToSave: ['x', 'filter'],
  gradFunc: (dy, saved, attrs: NamedAttrMap) => {
    const [x, filter] = saved as [Tensor, Tensor];
    const convAttrs = attrs as unknown as ConvGradAttrs;
    return {
      x: () => inputGradient(x, dy as Tensor, filter, convAttrs),
      filter: () => filterGradient(x, dy as Tensor, filter, convAttrs),
    };
  },
};

/** The backend's kernel, or for a dilated window on another backend than ours the composite. */
function runDepthwise(
  { kernelName, kernelFunc }: FusedKernel,
  inputs: Record<string, Tensor>,
  attrs: KernelAttrs,
): Tensor {
  if (takes(attrs)) return runGrad(kernelName, inputs, attrs);
  return kernelFunc({ inputs, attrs, backend: tf.backend() }) as Tensor;
}

export const depthwiseConv2DGradient: GradConfig = {
  kernelName: 'DepthwiseConv2dNative',
  inputsToSave: ['x', 'filter'],
  gradFunc: (dy, saved, attrs: NamedAttrMap) => {
    const [x, filter] = saved as [Tensor, Tensor];
    const { dilations } = attrs as unknown as ConvGradAttrs;
    const convAttrs = { ...attrs, dilations: pairOf(dilations) } as unknown as KernelAttrs;
    const input = { ...convAttrs, inputShape: x.shape };
    const weights = { ...convAttrs, filterShape: filter.shape };
    return {
      x: () => runDepthwise(depthwiseBackpropInput, { dy: dy as Tensor, filter }, input),
      filter: () => runDepthwise(depthwiseBackpropFilter, { x, dy: dy as Tensor }, weights),
    };
  },
};
