/**
 * Conv2D, Conv3D and their gradients, float32 (native/kernels/conv). NCHW goes through NHWC. The
 * gradient kernels also take `dilations`, which tfjs's own leave out.
 */
import { backend_util, type NamedAttrMap, type TensorInfo } from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../native-backend.ts';
import { areAll, type NativeKernel, type NativeKernelParams } from '../native-kernel.ts';
import { slice } from './slice.ts';
import { transpose } from './transpose.ts';
import { window2DArgs, window3DArgs } from './window.ts';

type Shape4D = [number, number, number, number];
type Shape5D = [number, number, number, number, number];
type Steps2D = [number, number] | number;
type Steps3D = [number, number, number] | number;

/** What an instruction needs of a convolution: its window and channels, and its channels-last shapes. */
export interface ConvGeometry {
  readonly args: number[];
  readonly inShape: number[];
  readonly outShape: number[];
  readonly outChannels: number;
}

export interface ConvEpilogue {
  /** [outChannels] */
  readonly bias?: TensorInfo;
  /** A number of `Activation` in native/kernels/gemm/gemm_simd.h; 0 is none. */
  readonly activation?: number;
  readonly alpha?: number;
}

const TO_CHANNELS_LAST = [0, 2, 3, 1];
const TO_CHANNELS_FIRST = [0, 3, 1, 2];

/** Of channels-last shapes. */
export function geometry2D(
  xShape: number[],
  filterShape: number[],
  attrs: NamedAttrMap,
): ConvGeometry {
  const info = backend_util.computeConv2DInfo(
    xShape as Shape4D,
    filterShape as Shape4D,
    attrs['strides'] as Steps2D,
    (attrs['dilations'] as Steps2D | undefined) ?? 1,
    attrs['pad'] as 'same' | 'valid' | number | backend_util.ExplicitPadding,
    attrs['dimRoundingMode'] as 'floor' | 'round' | 'ceil' | undefined,
  );
  return {
    args: [...window2DArgs(info), info.inChannels, info.outChannels],
    inShape: info.inShape,
    outShape: info.outShape,
    outChannels: info.outChannels,
  };
}

function geometry3D(xShape: number[], filterShape: number[], attrs: NamedAttrMap): ConvGeometry {
  const info = backend_util.computeConv3DInfo(
    xShape as Shape5D,
    filterShape as Shape5D,
    attrs['strides'] as Steps3D,
    (attrs['dilations'] as Steps3D | undefined) ?? 1,
    attrs['pad'] as 'same' | 'valid',
  );
  return {
    args: [...window3DArgs(info), info.inChannels, info.outChannels],
    inShape: info.inShape,
    outShape: info.outShape,
    outChannels: info.outChannels,
  };
}

export function convForward(
  backend: NativeBackend,
  { args, outShape }: ConvGeometry,
  [x, filter]: readonly [TensorInfo, TensorInfo],
  { bias, activation = 0, alpha = 0 }: ConvEpilogue = {},
): TensorInfo {
  const out = backend.output(outShape, 'float32');
  const handles = [backend.handleOf(x), backend.handleOf(filter)];
  const biasHandle = bias === undefined ? -1 : backend.handleOf(bias);
  backend.run('Conv', ...args, activation, alpha, ...handles, biasHandle, backend.handleOf(out));
  return out;
}

function convInputGrad(
  backend: NativeBackend,
  { args, inShape }: ConvGeometry,
  [dy, filter]: readonly [TensorInfo, TensorInfo],
): TensorInfo {
  const dx = backend.output(inShape, 'float32');
  const handles = [dy, filter, dx].map((tensor) => backend.handleOf(tensor));
  backend.run('ConvInputGrad', ...args, ...handles);
  return dx;
}

function convFilterGrad(
  backend: NativeBackend,
  { args }: ConvGeometry,
  [x, dy]: readonly [TensorInfo, TensorInfo],
  filterShape: number[],
): TensorInfo {
  const dfilter = backend.output(filterShape, 'float32');
  const handles = [x, dy, dfilter].map((tensor) => backend.handleOf(tensor));
  backend.run('ConvFilterGrad', ...args, ...handles);
  return dfilter;
}

const permuted = (values: readonly number[], perm: readonly number[]) =>
  perm.map((d) => values[d] as number);

const isChannelsFirst = (attrs: NamedAttrMap) => attrs['dataFormat'] === 'NCHW';

/** Explicit padding is listed in the order of the image's dimensions. */
function channelsLast(attrs: NamedAttrMap): NamedAttrMap {
  const pad: unknown = attrs['pad'];
  if (!Array.isArray(pad)) return attrs;
  return { ...attrs, pad: permuted(pad as number[], TO_CHANNELS_LAST) };
}

/** Runs `compute` on channels-last copies and frees them; its result is channels last, too. */
function throughChannelsLast(
  backend: NativeBackend,
  tensors: readonly TensorInfo[],
  compute: (tensors: TensorInfo[]) => TensorInfo,
): TensorInfo {
  const copies = tensors.map((tensor) => transpose(backend, tensor, TO_CHANNELS_LAST));
  const result = compute(copies);
  for (const copy of copies) backend.disposeIntermediateTensorInfo(copy);
  return result;
}

function toChannelsFirst(backend: NativeBackend, result: TensorInfo): TensorInfo {
  const moved = transpose(backend, result, TO_CHANNELS_FIRST);
  backend.disposeIntermediateTensorInfo(result);
  return moved;
}

function conv2D({ inputs, attrs, backend }: NativeKernelParams): TensorInfo {
  const { x, filter } = inputs as { x: TensorInfo; filter: TensorInfo };
  const isFirst = isChannelsFirst(attrs);
  const lastAttrs = isFirst ? channelsLast(attrs) : attrs;
  const forward = (image: TensorInfo) =>
    convForward(backend, geometry2D(image.shape, filter.shape, lastAttrs), [image, filter]);
  if (!isFirst) return forward(x);
  return toChannelsFirst(
    backend,
    throughChannelsLast(backend, [x], ([image]) => forward(image as TensorInfo)),
  );
}

/** A transposed convolution may be asked for fewer outputs than its input has pixels: tfjs then leaves out the rest. */
function croppedTo(backend: NativeBackend, shape: number[], dy: TensorInfo): TensorInfo {
  if (shape.every((dim, d) => dim === dy.shape[d])) return dy;
  if (shape.some((dim, d) => dim > (dy.shape[d] as number))) {
    throw new Error(
      `conv2d: dy: expected at least [${shape}], got [${dy.shape}]. Check the output's shape.`,
    );
  }
  return slice(backend, dy, [0, 0, 0, 0], shape);
}

function conv2DInputGrad({ inputs, attrs, backend }: NativeKernelParams): TensorInfo {
  const { dy, filter } = inputs as { dy: TensorInfo; filter: TensorInfo };
  const inputShape = attrs['inputShape'] as number[];
  const isFirst = isChannelsFirst(attrs);
  const xShape = isFirst ? permuted(inputShape, TO_CHANNELS_LAST) : inputShape;
  const geometry = geometry2D(xShape, filter.shape, isFirst ? channelsLast(attrs) : attrs);
  const gradient = (dyLast: TensorInfo) => {
    const used = croppedTo(backend, geometry.outShape, dyLast);
    const dx = convInputGrad(backend, geometry, [used, filter]);
    if (used !== dyLast) backend.disposeIntermediateTensorInfo(used);
    return dx;
  };
  if (!isFirst) return gradient(dy);
  return toChannelsFirst(
    backend,
    throughChannelsLast(backend, [dy], ([dyLast]) => gradient(dyLast as TensorInfo)),
  );
}

function conv2DFilterGrad({ inputs, attrs, backend }: NativeKernelParams): TensorInfo {
  const { x, dy } = inputs as { x: TensorInfo; dy: TensorInfo };
  const filterShape = attrs['filterShape'] as number[];
  const isFirst = isChannelsFirst(attrs);
  const gradient = (tensors: readonly [TensorInfo, TensorInfo]) =>
    convFilterGrad(
      backend,
      geometry2D(tensors[0].shape, filterShape, isFirst ? channelsLast(attrs) : attrs),
      tensors,
      filterShape,
    );
  if (!isFirst) return gradient([x, dy]);
  return throughChannelsLast(backend, [x, dy], (tensors) =>
    gradient(tensors as [TensorInfo, TensorInfo]),
  );
}

const isFloat = ({ inputs }: NativeKernelParams) => areAll('float32', inputs);

export const CONV_KERNELS: readonly NativeKernel[] = Object.freeze([
  { kernelName: 'Conv2D', supports: isFloat, kernelFunc: conv2D },
  { kernelName: 'Conv2DBackpropInput', supports: isFloat, kernelFunc: conv2DInputGrad },
  { kernelName: 'Conv2DBackpropFilter', supports: isFloat, kernelFunc: conv2DFilterGrad },
  {
    kernelName: 'Conv3D',
    supports: isFloat,
    kernelFunc({ inputs, attrs, backend }) {
      const { x, filter } = inputs as { x: TensorInfo; filter: TensorInfo };
      return convForward(backend, geometry3D(x.shape, filter.shape, attrs), [x, filter]);
    },
  },
  {
    kernelName: 'Conv3DBackpropInputV2',
    supports: isFloat,
    kernelFunc({ inputs, attrs, backend }) {
      const { dy, filter } = inputs as { dy: TensorInfo; filter: TensorInfo };
      const geometry = geometry3D(attrs['inputShape'] as number[], filter.shape, attrs);
      return convInputGrad(backend, geometry, [dy, filter]);
    },
  },
  {
    kernelName: 'Conv3DBackpropFilterV2',
    supports: isFloat,
    kernelFunc({ inputs, attrs, backend }) {
      const { x, dy } = inputs as { x: TensorInfo; dy: TensorInfo };
      const filterShape = attrs['filterShape'] as number[];
      const geometry = geometry3D(x.shape, filterShape, attrs);
      return convFilterGrad(backend, geometry, [x, dy], filterShape);
    },
  },
]);
