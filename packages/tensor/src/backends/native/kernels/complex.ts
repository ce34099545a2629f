/**
 * Complex numbers are two float32 tensors: putting them together and taking them apart are copies. The Fourier
 * transforms along the last dimension are native/kernels/fft.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../native-backend.ts';
import { sizeOf, type NativeKernel } from '../native-kernel.ts';
import { runBinary } from './binary.ts';
import { copyOf } from './strided-copy.ts';

type Part = 'real' | 'imag';

function partOf(backend: NativeBackend, x: TensorInfo, part: Part): TensorInfo {
  const parts = backend.data.get(x.dataId).complexTensorInfos as Record<Part, TensorInfo>;
  return { ...parts[part], shape: x.shape };
}

function takePart(kernelName: string, part: Part): NativeKernel {
  return {
    kernelName,
    kernelFunc: ({ inputs, backend }) =>
      copyOf(backend, partOf(backend, inputs['input'] as TensorInfo, part)),
  };
}

/** A complex tensor that owns its two parts. */
function complexOf(backend: NativeBackend, real: TensorInfo, imag: TensorInfo): TensorInfo {
  const z = backend.makeTensorInfo(real.shape, 'complex64');
  backend.data.get(z.dataId).complexTensorInfos = { real, imag };
  return z;
}

function fourier(kernelName: string, isInverse: 0 | 1): NativeKernel {
  return {
    kernelName,
    kernelFunc({ inputs, backend }) {
      const input = inputs['input'] as TensorInfo;
      const n = input.shape.at(-1) as number;
      const parts = [partOf(backend, input, 'real'), partOf(backend, input, 'imag')];
      const out = [0, 1].map(() => backend.output(input.shape, 'float32'));
      const handles = [...parts, ...out].map((tensor) => backend.handleOf(tensor));
      backend.run('Fft', isInverse, n === 0 ? 0 : sizeOf(input) / n, n, ...handles);
      return complexOf(backend, ...(out as [TensorInfo, TensorInfo]));
    },
  };
}

export const COMPLEX_KERNELS: readonly NativeKernel[] = Object.freeze([
  {
    kernelName: 'Complex',
    kernelFunc: ({ inputs, backend }) =>
      complexOf(
        backend,
        copyOf(backend, inputs['real'] as TensorInfo),
        copyOf(backend, inputs['imag'] as TensorInfo),
      ),
  },
  fourier('FFT', 0),
  fourier('IFFT', 1),
  takePart('Real', 'real'),
  takePart('Imag', 'imag'),
  {
    kernelName: 'ComplexAbs',
    kernelFunc({ inputs, backend }) {
      const x = inputs['x'] as TensorInfo;
      const parts = [partOf(backend, x, 'real'), partOf(backend, x, 'imag')] as const;
      return runBinary(backend, 'Hypot', parts);
    },
  },
]);
