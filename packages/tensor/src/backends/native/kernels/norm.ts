/** LayerNorm and RmsNorm over the last axis, with their gradients, float32. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { asRows } from './as-rows.ts';
import type { NativeKernel, NativeKernelParams } from '../native-kernel.ts';

export const NORM_KERNELS: readonly NativeKernel[] = Object.freeze([
  { kernelName: 'LayerNorm', kernelFunc: (params) => forward('LayerNorm', params) },
  { kernelName: 'RmsNorm', kernelFunc: (params) => forward('RmsNorm', params) },
  { kernelName: 'LayerNormGrad', kernelFunc: (params) => backward('LayerNormGrad', 2, params) },
  { kernelName: 'RmsNormGrad', kernelFunc: (params) => backward('RmsNormGrad', 1, params) },
] satisfies NativeKernel[]);

function forward(name: string, { inputs, attrs, backend }: NativeKernelParams): TensorInfo {
  const x = inputs['x'] as TensorInfo;
  const parameters = [inputs['weight'], inputs['bias']].filter((input) => input !== undefined);
  const out = backend.output(x.shape, 'float32');
  const handles = [x, ...parameters, out].map((tensor) => backend.handleOf(tensor));
  backend.run(name, ...asRows(x), attrs['eps'] as number, ...handles);
  return out;
}

function backward(
  name: string,
  parameters: number,
  { inputs, attrs, backend }: NativeKernelParams,
): TensorInfo[] {
  const { dy, x, weight } = inputs as Record<'dy' | 'x' | 'weight', TensorInfo>;
  const shapes = [x.shape, ...Array<number[]>(parameters).fill(weight.shape)];
  const gradients = shapes.map((shape) => backend.output(shape, 'float32'));
  const handles = [dy, x, weight, ...gradients].map((tensor) => backend.handleOf(tensor));
  backend.run(name, ...asRows(x), attrs['eps'] as number, ...handles);
  return gradients;
}
