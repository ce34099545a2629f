/** Max and average pooling of two and three axes, their gradients, and the places of maxima, float32. */
import { backend_util, util, type NamedAttrMap, type TensorInfo } from '@tensorflow/tfjs-core';
import type { NativeKernel, NativeKernelParams } from '../native-kernel.ts';
import { reshaped } from './strided-copy.ts';
import { window2DArgs, window3DArgs } from './window.ts';

type Shape4D = [number, number, number, number];
type Shape5D = [number, number, number, number, number];
type Rounding = 'floor' | 'round' | 'ceil';

const MAX_TAPS = 32768; // kMaxPoolTaps in native/kernels/pooling/pooling.h

interface PoolGeometry {
  /** The window and the channels, as an instruction's arguments. */
  readonly args: number[];
  readonly outShape: number[];
}

function geometry2D(xShape: number[], attrs: NamedAttrMap): PoolGeometry {
  const info = backend_util.computePool2DInfo(
    xShape as Shape4D,
    attrs['filterSize'] as [number, number] | number,
    attrs['strides'] as [number, number] | number,
    1,
    attrs['pad'] as 'same' | 'valid' | number | backend_util.ExplicitPadding,
    attrs['dimRoundingMode'] as Rounding | undefined,
  );
  return { args: [...window2DArgs(info), info.inChannels], outShape: info.outShape };
}

function geometry3D(xShape: number[], attrs: NamedAttrMap): PoolGeometry {
  const info = backend_util.computePool3DInfo(
    xShape as Shape5D,
    attrs['filterSize'] as [number, number, number] | number,
    attrs['strides'] as [number, number, number] | number,
    1,
    attrs['pad'] as 'same' | 'valid' | number,
    attrs['dimRoundingMode'] as Rounding | undefined,
    (attrs['dataFormat'] as 'NDHWC' | 'NCDHW' | undefined) ?? 'NDHWC',
  );
  return { args: [...window3DArgs(info), info.inChannels], outShape: info.outShape };
}

type GeometryOf = typeof geometry2D;

/** The image of a pooling kernel: gradients call it `input`. */
const imageOf = ({ inputs }: NativeKernelParams) => (inputs['x'] ?? inputs['input']) as TensorInfo;

function supports(params: NativeKernelParams): boolean {
  const filter = params.attrs['filterSize'] as number[] | number;
  const rank = imageOf(params).shape.length - 2;
  const taps = typeof filter === 'number' ? filter ** rank : util.sizeFromShape(filter);
  const isLast = (params.attrs['dataFormat'] ?? 'NDHWC') !== 'NCDHW';
  return imageOf(params).dtype === 'float32' && taps <= MAX_TAPS && isLast;
}

function isIdentity({ attrs }: NativeKernelParams, x: TensorInfo, outShape: number[]): boolean {
  const filter = attrs['filterSize'] as number[] | number;
  const isOne = typeof filter === 'number' ? filter === 1 : filter.every((size) => size === 1);
  return isOne && util.arraysEqual(x.shape, outShape);
}

function pool(kernelName: string, instruction: string, geometryOf: GeometryOf): NativeKernel {
  return {
    kernelName,
    supports,
    kernelFunc(params) {
      const x = imageOf(params);
      const { backend } = params;
      const { args, outShape } = geometryOf(x.shape, params.attrs);
      if (isIdentity(params, x, outShape)) return reshaped(backend, x, x.shape);
      const out = backend.output(outShape, 'float32');
      backend.run(instruction, ...args, backend.handleOf(x), backend.handleOf(out));
      return out;
    },
  };
}

function maxPoolGrad(kernelName: string, geometryOf: GeometryOf): NativeKernel {
  return {
    kernelName,
    supports,
    kernelFunc(params) {
      const { backend } = params;
      const x = imageOf(params);
      const { args } = geometryOf(x.shape, params.attrs);
      const dx = backend.output(x.shape, 'float32');
      const tensors = [x, params.inputs['dy'] as TensorInfo, dx];
      backend.run('MaxPoolGrad', ...args, ...tensors.map((tensor) => backend.handleOf(tensor)));
      return dx;
    },
  };
}

/**
 * tfjs divides each gradient by the size of the window, also at edges where the average was over fewer
 * pixels; with the attribute `countsInside`, which our own gradient of AvgPool sets, it is the right one.
 */
function avgPoolGrad(kernelName: string, geometryOf: GeometryOf): NativeKernel {
  return {
    kernelName,
    supports,
    kernelFunc(params) {
      const { attrs, backend } = params;
      const x = imageOf(params);
      const dy = params.inputs['dy'] as TensorInfo;
      const { args } = geometryOf(x.shape, attrs);
      const dx = backend.output(x.shape, 'float32');
      const handles = [backend.handleOf(dy), backend.handleOf(dx)];
      backend.run('AvgPoolGrad', ...args, Number(attrs['countsInside'] ?? false), ...handles);
      return dx;
    },
  };
}

function maxPoolWithArgmax(params: NativeKernelParams): TensorInfo[] {
  const { attrs, backend } = params;
  const x = imageOf(params);
  const { args, outShape } = geometry2D(x.shape, attrs);
  const out = backend.output(outShape, 'float32');
  const places = backend.output(outShape, 'int32');
  const handle = backend.handleOf(x);
  backend.run('MaxPool', ...args, handle, backend.handleOf(out));
  const countsBatch = Number(attrs['includeBatchInIndex'] ?? false);
  backend.run('MaxPoolPlaces', ...args, countsBatch, handle, backend.handleOf(places));
  return [out, places];
}

export const POOLING_KERNELS: readonly NativeKernel[] = Object.freeze([
  pool('MaxPool', 'MaxPool', geometry2D),
  pool('AvgPool', 'AvgPool', geometry2D),
  pool('MaxPool3D', 'MaxPool', geometry3D),
  pool('AvgPool3D', 'AvgPool', geometry3D),
  maxPoolGrad('MaxPoolGrad', geometry2D),
  maxPoolGrad('MaxPool3DGrad', geometry3D),
  avgPoolGrad('AvgPoolGrad', geometry2D),
  avgPoolGrad('AvgPool3DGrad', geometry3D),
  { kernelName: 'MaxPoolWithArgmax', supports, kernelFunc: maxPoolWithArgmax },
]);
