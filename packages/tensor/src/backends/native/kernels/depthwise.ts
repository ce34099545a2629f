/** DepthwiseConv2dNative and its gradients, float32, dilations included (native/kernels/depthwise). */
import { backend_util, util, type NamedAttrMap, type TensorInfo } from '@tensorflow/tfjs-core';
import { areAll, type NativeKernel, type NativeKernelParams } from '../native-kernel.ts';
import { window2DArgs } from './window.ts';

type Shape4D = [number, number, number, number];
type Steps = [number, number] | number;

const MAX_TAPS = 32768; // kMaxDepthwiseTaps in native/kernels/depthwise/depthwise.h

function infoOf(xShape: number[], filterShape: number[], attrs: NamedAttrMap) {
  const strides = attrs['strides'] as Steps;
  const dilations = (attrs['dilations'] as Steps | null | undefined) ?? [1, 1];
  util.assert(
    backend_util.eitherStridesOrDilationsAreOne(strides, dilations),
    () =>
      'Error in depthwiseConv2d: Either strides or dilations must be 1. ' +
      `Got strides ${String(strides)} and dilations '${String(dilations)}'`,
  );
  return backend_util.computeConv2DInfo(
    xShape as Shape4D,
    filterShape as Shape4D,
    strides,
    dilations,
    attrs['pad'] as 'same' | 'valid' | number | backend_util.ExplicitPadding,
    attrs['dimRoundingMode'] as 'floor' | 'round' | 'ceil' | undefined,
    true,
  );
}

/** Runs an instruction of this family: its two operands, and the shape of its result. */
function run(
  instruction: string,
  { backend }: NativeKernelParams,
  info: backend_util.Conv2DInfo,
  { operands, shape }: { operands: readonly TensorInfo[]; shape: number[] },
): TensorInfo {
  const out = backend.output(shape, 'float32');
  const channels = [info.inChannels, info.filterShape[3]];
  const handles = [...operands, out].map((tensor) => backend.handleOf(tensor));
  backend.run(instruction, ...window2DArgs(info), ...channels, ...handles);
  return out;
}

function supports({ inputs, attrs }: NativeKernelParams): boolean {
  const filterShape =
    (attrs['filterShape'] as number[] | undefined) ?? (inputs['filter'] as TensorInfo).shape;
  const taps = (filterShape[0] as number) * (filterShape[1] as number);
  return areAll('float32', inputs) && taps <= MAX_TAPS;
}

export const DEPTHWISE_KERNELS: readonly NativeKernel[] = Object.freeze([
  {
    kernelName: 'DepthwiseConv2dNative',
    supports,
    kernelFunc(params) {
      const { x, filter } = params.inputs as Record<'x' | 'filter', TensorInfo>;
      const info = infoOf(x.shape, filter.shape, params.attrs);
      return run('Depthwise', params, info, { operands: [x, filter], shape: info.outShape });
    },
  },
  {
    kernelName: 'DepthwiseConv2dNativeBackpropInput',
    supports,
    kernelFunc(params) {
      const { dy, filter } = params.inputs as Record<'dy' | 'filter', TensorInfo>;
      const info = infoOf(params.attrs['inputShape'] as number[], filter.shape, params.attrs);
      const operands = [dy, filter];
      return run('DepthwiseInputGrad', params, info, { operands, shape: info.inShape });
    },
  },
  {
    kernelName: 'DepthwiseConv2dNativeBackpropFilter',
    supports,
    kernelFunc(params) {
      const { x, dy } = params.inputs as Record<'x' | 'dy', TensorInfo>;
      const shape = params.attrs['filterShape'] as number[];
      const info = infoOf(x.shape, shape, params.attrs);
      return run('DepthwiseFilterGrad', params, info, { operands: [x, dy], shape });
    },
  },
]);
