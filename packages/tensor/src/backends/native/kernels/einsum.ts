/** Einsum: the composite, whose transposes and matrix product are native. tfjs's JavaScript one is slow. */
import { einsum } from '../../../kernels/einsum.ts';
import type { NativeKernel } from '../native-kernel.ts';

export const EINSUM_KERNELS: readonly NativeKernel[] = Object.freeze([
  {
    kernelName: einsum.kernelName,
    kernelFunc: ({ inputs, attrs, backend }) => einsum.kernelFunc({ inputs, attrs, backend }),
  },
]);
