/** Dequantize: a GGUF file's blocks to float32 (native/kernels/dequantize). */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { sizeOf, type NativeKernel } from '../native-kernel.ts';

/** The numbers of `BlockType` in native/kernels/dequantize/dequantize.h, and bytes of a block. */
const BLOCK_TYPES: Readonly<Record<string, readonly [number: number, bytes: number]>> =
  Object.freeze({
    F16: [0, 2],
    BF16: [1, 2],
    Q8_0: [2, 34],
    Q4_0: [3, 18],
    Q4_1: [4, 20],
    Q6_K: [5, 210],
  });

/** `type` is ggml's name. */
export type DequantizeAttrs = { type: string; shape: number[] };

export const DEQUANTIZE_KERNELS: readonly NativeKernel[] = Object.freeze([
  {
    kernelName: 'Dequantize',
    kernelFunc({ inputs, attrs, backend }) {
      const { bytes } = inputs as Record<'bytes', TensorInfo>; // bool, as tfjs has no uint8
      const { type, shape } = attrs as DequantizeAttrs;
      const [number, blockBytes] = BLOCK_TYPES[type]!;
      const out = backend.output(shape, 'float32');
      const handles = [bytes, out].map((tensor) => backend.handleOf(tensor));
      backend.run('Dequantize', number, sizeOf(bytes) / blockBytes, ...handles);
      return out;
    },
  },
] satisfies NativeKernel[]);
