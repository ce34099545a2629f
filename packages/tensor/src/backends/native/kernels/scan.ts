/** Cumsum and Cumprod (native/kernels/scan). */
import { util, type TensorInfo } from '@tensorflow/tfjs-core';
import type { NativeKernel } from '../native-kernel.ts';

function scan(kernelName: string, isProduct: 0 | 1): NativeKernel {
  return {
    kernelName,
    supports({ inputs }) {
      const { dtype } = inputs['x'] as TensorInfo;
      return dtype === 'float32' || dtype === 'int32';
    },
    kernelFunc({ inputs, attrs, backend }) {
      const x = inputs['x'] as TensorInfo;
      const axis = util.parseAxisParam(attrs['axis'] as number, x.shape)[0] as number;
      const flags = [
        x.dtype === 'int32' ? 1 : 0,
        isProduct,
        Number(attrs['exclusive']),
        Number(attrs['reverse']),
      ];
      const outer = util.sizeFromShape(x.shape.slice(0, axis));
      const inner = util.sizeFromShape(x.shape.slice(axis + 1));
      const sizes = [outer, x.shape[axis] as number, inner];
      const out = backend.output(x.shape, x.dtype);
      backend.run('Scan', ...flags, ...sizes, backend.handleOf(x), backend.handleOf(out));
      return out;
    },
  };
}

export const SCAN_KERNELS: readonly NativeKernel[] = Object.freeze([
  scan('Cumsum', 0),
  scan('Cumprod', 1),
]);
