/** Complex numbers are two float32 tensors: putting them together and taking them apart are copies. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../native-backend.ts';
import type { NativeKernel } from '../native-kernel.ts';
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

/** The parts are copies that the new tensor owns. */
function complex(backend: NativeBackend, real: TensorInfo, imag: TensorInfo): TensorInfo {
  const z = backend.makeTensorInfo(real.shape, 'complex64');
  const parts = { real: copyOf(backend, real), imag: copyOf(backend, imag) };
  backend.data.get(z.dataId).complexTensorInfos = parts;
  return z;
}

export const COMPLEX_KERNELS: readonly NativeKernel[] = Object.freeze([
  {
    kernelName: 'Complex',
    kernelFunc: ({ inputs, backend }) =>
      complex(backend, inputs['real'] as TensorInfo, inputs['imag'] as TensorInfo),
  },
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
