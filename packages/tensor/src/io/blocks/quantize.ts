/** Between float32 and the block types of GGUF files: in C++ where the backend is native, else by the
 *  reference here, to the same bits. */
import * as tf from '@tensorflow/tfjs-core';
import { FormatError, ShapeError } from '../../errors/errors.ts';
import { blockFormat, type BlockType, checkBlockType } from './block-type.ts';
import { CODECS } from './codecs.ts';

/** The largest float16, in which blocks keep their scales. */
const MAX_MAGNITUDE = 65504;

/**
 * Quantises as ggml's reference does without an importance matrix, byte for byte. F16 and BF16 round
 * to the nearest, ties to even; F32 copies.
 *
 * @param type ggml's name
 * @param values whole blocks: a multiple of 32 elements, of 256 for the K types
 * @returns the blocks; new bytes
 * @throws ShapeError for a part of a block, RangeError for values that are not finite or beyond ±65504
 *   (float16's range) in a block type, or that F16 cannot hold
 */
export function quantize(type: BlockType, values: Float32Array): Uint8Array {
  const { blockSize, blockBytes } = blockFormat(checkBlockType('quantize', type));
  if (values.length % blockSize !== 0) {
    throw new ShapeError(
      `quantize: values: expected a multiple of ${blockSize} for ${type}, got ${values.length}. ` +
        'Use a type with smaller blocks.',
    );
  }
  checkRange(type, values);
  if (type === 'F32' || !hasKernel('Quantize')) return CODECS[type].encode(values);
  const attrs = { type, bytes: (values.length / blockSize) * blockBytes };
  const x = tf.tensor1d(values);
  try {
    return valuesOf(tf.engine().runKernel<tf.Tensor>('Quantize', { x }, attrs)) as Uint8Array;
  } finally {
    x.dispose();
  }
}

/**
 * Blocks to float32, to the bits of ggml and Python's gguf.
 *
 * @param type ggml's name
 * @param bytes whole blocks
 * @param count elements that they hold. Default: all
 * @returns [count] values
 * @throws FormatError where bytes and count disagree
 */
export function dequantize(type: BlockType, bytes: Uint8Array, count?: number): Float32Array {
  const { blockSize, blockBytes } = blockFormat(checkBlockType('dequantize', type));
  const elements = (bytes.length / blockBytes) * blockSize;
  if (!Number.isInteger(elements / blockSize) || (count !== undefined && count !== elements)) {
    const wanted = count === undefined ? 'whole blocks' : `${count} elements`;
    throw new FormatError(
      `dequantize: bytes: expected ${wanted} of ${type} (${blockBytes} bytes each ${blockSize}), ` +
        `got ${bytes.length} bytes. Check the type and the shape.`,
    );
  }
  if (type === 'F32' || !hasKernel('Dequantize')) return CODECS[type].decode(bytes);
  const blocks = tf.tensor1d(bytes, 'bool');
  try {
    return valuesOf(runDequantize(blocks, type, [elements])) as Float32Array;
  } finally {
    blocks.dispose();
  }
}

/** Disposes the tensor. Not by `tidy`: it looks for tensors in what it returns, element by element. */
function valuesOf(tensor: tf.Tensor): ArrayBufferView {
  try {
    return tensor.dataSync();
  } finally {
    tensor.dispose();
  }
}

/** A bool tensor of blocks (tfjs has no uint8) → float32 of the shape; needs the kernel. */
export function runDequantize(
  blocks: tf.Tensor,
  type: BlockType,
  shape: readonly number[],
): tf.Tensor {
  return tf
    .engine()
    .runKernel<tf.Tensor>('Dequantize', { bytes: blocks }, { type, shape: [...shape] });
}

/** Whether the current backend answers it. */
export function hasKernel(name: 'Quantize' | 'Dequantize'): boolean {
  return tf.getKernel(name, tf.getBackend()) != null;
}

function checkRange(type: BlockType, values: Float32Array): void {
  if (type === 'F32' || type === 'BF16') return;
  const at = type === 'F16' ? firstBeyondFloat16(values) : firstBeyondBlocks(values);
  if (at === -1) return;
  throw new RangeError(
    `quantize: values: expected numbers within ±${MAX_MAGNITUDE} for ${type}, ` +
      `got ${values[at]} at ${at}. Use BF16 or F32.`,
  );
}

/** Plain loops: a callback for each weight of a model would take seconds. */
function firstBeyondBlocks(values: Float32Array): number {
  for (let i = 0; i < values.length; i++) if (!(Math.abs(values[i]!) <= MAX_MAGNITUDE)) return i;
  return -1;
}

/** The first number that would become infinite; what is so already stays so. */
function firstBeyondFloat16(values: Float32Array): number {
  for (let i = 0; i < values.length; i++) {
    const magnitude = Math.abs(values[i]!);
    if (magnitude >= 65520 && magnitude !== Infinity) return i;
  }
  return -1;
}
