/** Gelu, Silu, Swiglu and their gradients, float32, element by element. */
import type { NamedAttrMap, TensorInfo } from '@tensorflow/tfjs-core';
import { sizeOf, type NativeKernel, type NativeKernelParams } from '../native-kernel.ts';

export const ACTIVATION_KERNELS: readonly NativeKernel[] = Object.freeze([
  { kernelName: 'Gelu', kernelFunc: (p) => elementwise(geluName('Gelu', p.attrs), ['x'], p) },
  {
    kernelName: 'GeluGrad',
    kernelFunc: (p) => elementwise(geluName('GeluGrad', p.attrs), ['dy', 'x'], p),
  },
  { kernelName: 'Silu', kernelFunc: (p) => elementwise('Silu', ['x'], p) },
  { kernelName: 'SiluGrad', kernelFunc: (p) => elementwise('SiluGrad', ['dy', 'x'], p) },
  { kernelName: 'Swiglu', kernelFunc: (p) => elementwise('Swiglu', ['gate', 'up'], p) },
  { kernelName: 'SwigluGrad', kernelFunc: swigluGrad },
] satisfies NativeKernel[]);

function geluName(name: 'Gelu' | 'GeluGrad', attrs: NamedAttrMap): string {
  return attrs['approximate'] === 'tanh' ? name.replace('Gelu', 'GeluTanh') : name;
}

function elementwise(
  instruction: string,
  names: readonly string[],
  { inputs, backend }: NativeKernelParams,
): TensorInfo {
  const tensors = names.map((name) => inputs[name] as TensorInfo);
  const first = tensors[0] as TensorInfo;
  const out = backend.output(first.shape, 'float32');
  const handles = [...tensors, out].map((tensor) => backend.handleOf(tensor));
  backend.run(instruction, sizeOf(first), ...handles);
  return out;
}

function swigluGrad({ inputs, backend }: NativeKernelParams): TensorInfo[] {
  const { dy, gate, up } = inputs as Record<'dy' | 'gate' | 'up', TensorInfo>;
  const gradients = [gate, up].map(({ shape }) => backend.output(shape, 'float32'));
  const handles = [dy, gate, up, ...gradients].map((tensor) => backend.handleOf(tensor));
  backend.run('SwigluGrad', sizeOf(gate), ...handles);
  return gradients;
}
