/** Dilation2D, greyscale dilation, and its gradients, float32 (native/kernels/dilation2d). */
import { backend_util, util, type TensorInfo } from '@tensorflow/tfjs-core';
import { areAll, type NativeKernel, type NativeKernelParams } from '../native-kernel.ts';
import { window2DArgs } from './window.ts';

function geometryOf({ inputs, attrs }: NativeKernelParams) {
  const { x, filter } = inputs as Record<'x' | 'filter', TensorInfo>;
  const info = backend_util.computeDilation2DInfo(
    x.shape as [number, number, number, number],
    filter.shape as [number, number, number],
    attrs['strides'] as [number, number] | number,
    attrs['pad'] as 'same' | 'valid' | number,
    'NHWC',
    attrs['dilations'] as [number, number] | number,
  );
  return { args: [...window2DArgs(info), info.inChannels], outShape: info.outShape };
}

const supports = ({ inputs }: NativeKernelParams) => areAll('float32', inputs);

function gradient(kernelName: string, instruction: string, of: 'x' | 'filter'): NativeKernel {
  return {
    kernelName,
    supports,
    kernelFunc(params) {
      const { inputs, backend } = params;
      const { x, filter, dy } = inputs as Record<'x' | 'filter' | 'dy', TensorInfo>;
      const { args, outShape } = geometryOf(params);
      util.assert(
        util.arraysEqual(dy.shape, outShape),
        () => `${kernelName}: dy: expected [${outShape}], got [${dy.shape}].`,
      );
      const result = backend.output((inputs[of] as TensorInfo).shape, 'float32');
      const handles = [x, filter, dy, result].map((tensor) => backend.handleOf(tensor));
      backend.run(instruction, ...args, ...handles);
      return result;
    },
  };
}

export const DILATION_2D_KERNELS: readonly NativeKernel[] = Object.freeze([
  {
    kernelName: 'Dilation2D',
    supports,
    kernelFunc(params) {
      const { inputs, backend } = params;
      const { x, filter } = inputs as Record<'x' | 'filter', TensorInfo>;
      const { args, outShape } = geometryOf(params);
      const out = backend.output(outShape, 'float32');
      const handles = [x, filter, out].map((tensor) => backend.handleOf(tensor));
      backend.run('Dilation2D', ...args, ...handles);
      return out;
    },
  },
  gradient('Dilation2DBackpropInput', 'Dilation2DInputGrad', 'x'),
  gradient('Dilation2DBackpropFilter', 'Dilation2DFilterGrad', 'filter'),
]);
