// Matrix products, convolutions and pooling with their gradients.
import { floats, call, work } from './make-work.mjs';

export const PRODUCTS = [
  work('BatchMatMul', '[256, 256] · [256, 256]', (tf) => {
    const [a, b] = [floats(tf, [1, 256, 256]), floats(tf, [1, 256, 256])];
    return () => call(tf, 'BatchMatMul', { a, b }, { transposeA: false, transposeB: false });
  }),
  work('_FusedMatMul', '[256, 256] · [256, 256], bias, relu', (tf) => {
    const [a, b, bias] = [floats(tf, [1, 256, 256]), floats(tf, [1, 256, 256]), floats(tf, [256])];
    const attrs = { transposeA: false, transposeB: false, activation: 'relu' };
    return () => call(tf, '_FusedMatMul', { a, b, bias }, attrs);
  }),
  work('Einsum', 'bthd,bshd->bhts, [2, 32, 4, 16]', (tf) => {
    const [a, b] = [floats(tf, [2, 32, 4, 16]), floats(tf, [2, 32, 4, 16])];
    return () => tf.einsum('bthd,bshd->bhts', a, b);
  }),
];

const IMAGE = [2, 32, 32, 16];
const conv2D = { strides: [1, 1], pad: 'same', dataFormat: 'NHWC', dilations: [1, 1] };
const FILTER = [3, 3, 16, 32];
const SHOWN_CONV = `[${IMAGE}], [${FILTER}]`;

/** A convolution's kernel on an image, a filter and the gradient of the output, whichever it takes. */
function convolution(name, shapes, takes, attrs) {
  const { image, filter, out } = shapes;
  return work(name, `[${image}], [${filter}]`, (tf) => {
    const all = {
      x: () => floats(tf, image),
      filter: () => floats(tf, filter),
      dy: () => floats(tf, out),
      bias: () => floats(tf, filter.slice(-1)),
    };
    const inputs = Object.fromEntries(takes.map((n) => [n, all[n]()]));
    return () => call(tf, name, inputs, { ...attrs, inputShape: image, filterShape: filter });
  });
}

const CONV_2D = { image: IMAGE, filter: FILTER, out: [2, 32, 32, 32] };
const DEPTHWISE = { image: IMAGE, filter: [3, 3, 16, 1], out: IMAGE };
const CONV_3D = { image: [1, 8, 16, 16, 8], filter: [3, 3, 3, 8, 16], out: [1, 8, 16, 16, 16] };
const conv3D = { strides: [1, 1, 1], pad: 'same', dataFormat: 'NDHWC', dilations: [1, 1, 1] };
const DILATION = { image: IMAGE, filter: [3, 3, 16], out: IMAGE };
const dilation = { strides: [1, 1], pad: 'same', dilations: [1, 1] };

export const CONVOLUTIONS = [
  convolution('Conv2D', CONV_2D, ['x', 'filter'], conv2D),
  convolution('Conv2DBackpropInput', CONV_2D, ['dy', 'filter'], conv2D),
  convolution('Conv2DBackpropFilter', CONV_2D, ['x', 'dy'], conv2D),
  work('FusedConv2D', `${SHOWN_CONV}, bias, relu`, (tf) => {
    const [x, filter, bias] = [floats(tf, IMAGE), floats(tf, FILTER), floats(tf, [32])];
    return () => call(tf, 'FusedConv2D', { x, filter, bias }, { ...conv2D, activation: 'relu' });
  }),
  convolution('DepthwiseConv2dNative', DEPTHWISE, ['x', 'filter'], conv2D),
  convolution('DepthwiseConv2dNativeBackpropInput', DEPTHWISE, ['dy', 'filter'], conv2D),
  convolution('DepthwiseConv2dNativeBackpropFilter', DEPTHWISE, ['x', 'dy'], conv2D),
  work('FusedDepthwiseConv2D', `[${IMAGE}], [3,3,16,1], bias, relu`, (tf) => {
    const [x, filter, bias] = [floats(tf, IMAGE), floats(tf, [3, 3, 16, 1]), floats(tf, [16])];
    const attrs = { ...conv2D, activation: 'relu' };
    return () => call(tf, 'FusedDepthwiseConv2D', { x, filter, bias }, attrs);
  }),
  convolution('Conv3D', CONV_3D, ['x', 'filter'], conv3D),
  convolution('Conv3DBackpropInputV2', CONV_3D, ['dy', 'filter'], conv3D),
  convolution('Conv3DBackpropFilterV2', CONV_3D, ['x', 'dy'], conv3D),
  convolution('Dilation2D', DILATION, ['x', 'filter'], dilation),
  convolution('Dilation2DBackpropInput', DILATION, ['x', 'filter', 'dy'], dilation),
  convolution('Dilation2DBackpropFilter', DILATION, ['x', 'filter', 'dy'], dilation),
];

const POOL_2D = {
  image: [4, 32, 32, 16],
  out: [4, 16, 16, 16],
  attrs: { filterSize: [2, 2], strides: [2, 2] },
};
const POOL_3D = {
  image: [2, 8, 16, 16, 16],
  out: [2, 4, 8, 8, 16],
  attrs: { filterSize: [2, 2, 2], strides: [2, 2, 2], dataFormat: 'NDHWC' },
};

function pooling(name, { image, out, attrs }, takes) {
  return work(name, `[${image}], a window of ${attrs.filterSize.join(' × ')}`, (tf) => {
    const all = {
      x: () => floats(tf, image),
      input: () => floats(tf, image),
      dy: () => floats(tf, out),
      output: () => floats(tf, out),
    };
    const inputs = Object.fromEntries(takes.map((n) => [n, all[n]()]));
    return () => call(tf, name, inputs, { ...attrs, pad: 'valid', includeBatchInIndex: false });
  });
}

export const POOLS = [
  pooling('MaxPool', POOL_2D, ['x']),
  pooling('AvgPool', POOL_2D, ['x']),
  pooling('MaxPoolGrad', POOL_2D, ['dy', 'input', 'output']),
  pooling('AvgPoolGrad', POOL_2D, ['dy', 'input']),
  pooling('MaxPoolWithArgmax', POOL_2D, ['x']),
  pooling('MaxPool3D', POOL_3D, ['x']),
  pooling('AvgPool3D', POOL_3D, ['x']),
  pooling('MaxPool3DGrad', POOL_3D, ['dy', 'input', 'output']),
  pooling('AvgPool3DGrad', POOL_3D, ['dy', 'input']),
];
