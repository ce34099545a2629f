/** Quantize and Dequantize: float32 to a GGUF file's blocks and back (native/kernels/{de,}quantize). */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { blockFormat, type BlockType } from '../../../io/blocks/block-type.ts';
import { sizeOf, type NativeKernel } from '../native-kernel.ts';

/** `type` is ggml's name. */
export type DequantizeAttrs = { type: BlockType; shape: number[] };
/** `bytes` is the number of them. */
export type QuantizeAttrs = { type: BlockType; bytes: number };

export const QUANTIZE_KERNELS: readonly NativeKernel[] = Object.freeze([
  {
    kernelName: 'Dequantize',
    kernelFunc({ inputs, attrs, backend }) {
      const { bytes } = inputs as Record<'bytes', TensorInfo>; // bool, as tfjs has no uint8
      const { type, shape } = attrs as DequantizeAttrs;
      const { id, blockBytes } = blockFormat(type);
      const out = backend.output(shape, 'float32');
      const handles = [bytes, out].map((tensor) => backend.handleOf(tensor));
      backend.run('Dequantize', id, sizeOf(bytes) / blockBytes, ...handles);
      return out;
    },
  },
  {
    kernelName: 'Quantize',
    kernelFunc({ inputs, attrs, backend }) {
      const { x } = inputs as Record<'x', TensorInfo>;
      const { type, bytes } = attrs as QuantizeAttrs;
      const { id, blockBytes } = blockFormat(type);
      const out = backend.output([bytes], 'bool');
      backend.run('Quantize', id, bytes / blockBytes, backend.handleOf(x), backend.handleOf(out));
      return out;
    },
  },
] satisfies NativeKernel[]);
