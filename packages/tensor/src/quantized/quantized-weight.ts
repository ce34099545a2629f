/**
 * A weight matrix kept in the blocks of a GGUF file: an opaque handle, no tf tensor. On the native
 * backend its blocks are repacked for the processor; elsewhere they lie as they came and are
 * dequantised when used.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { ShapeError, UnsupportedError } from '../errors/errors.ts';
import { scope } from '../memory/scope.ts';
import { blockFormat } from '../io/blocks/block-type.ts';
import { quantize } from '../io/blocks/quantize.ts';
import type { QuantizedType } from './quantized-types.ts';

/** What the kernels of quantised weights need to know of one. */
export type QuantizedAttrs = { type: QuantizedType; rows: number; columns: number };

export class QuantizedWeight {
  readonly type: QuantizedType;
  /** [O, I] */
  readonly shape: readonly [rows: number, columns: number];
  readonly #backend: string;
  readonly #bytes: Tensor; // one byte an element: tfjs has no uint8, so its dtype is bool

  /**
   * @param blocks the rows' blocks as in a GGUF file, row after row; a tensor of them (dtype bool, one byte an
   *   element) stays the caller's
   * @throws ShapeError when the rows are not whole blocks or the bytes are not theirs
   */
  constructor(
    type: QuantizedType,
    [rows, columns]: readonly [number, number],
    blocks: Uint8Array | Tensor,
  ) {
    const { blockSize, blockBytes } = blockFormat(type);
    const bytes = blocks instanceof tf.Tensor ? blocks.size : blocks.byteLength;
    const expected = (rows * columns * blockBytes) / blockSize;
    if (columns % blockSize !== 0 || bytes !== expected) {
      throw new ShapeError(
        `QuantizedWeight: blocks: expected ${expected} bytes in rows of whole ${type} blocks for ` +
          `[${rows}, ${columns}], got ${bytes}. Rows must be a multiple of ${blockSize} long.`,
      );
    }
    this.type = type;
    this.shape = [rows, columns];
    this.#backend = tf.getBackend();
    this.#bytes = tf.keep(packed(blocks, { type, rows, columns }));
  }

  /**
   * Quantises as ggml does.
   * @param values [O, I] float32, which stays the caller's
   * @throws ShapeError for rows that are no whole blocks; RangeError for values that the type can't hold
   */
  static from(values: Tensor, type: QuantizedType): QuantizedWeight {
    const [rows = 0, columns = 0] = values.shape;
    const hasKernel = tf.getKernel('Quantize', tf.getBackend()) != null;
    if (type !== 'BF16' || !hasKernel) {
      const blocks = quantize(type, values.dataSync<'float32'>()); // which checks the values
      return new QuantizedWeight(type, [rows, columns], blocks);
    }
    return scope(() => {
      const attrs = { type, bytes: 2 * values.size };
      const blocks = tf.engine().runKernel<Tensor>('Quantize', { x: values }, attrs);
      return new QuantizedWeight(type, [rows, columns], blocks);
    });
  }

  /** Weights, as of a tensor. */
  get size(): number {
    return this.shape[0] * this.shape[1];
  }

  /** Bytes that it holds. */
  get byteLength(): number {
    return this.#bytes.size;
  }

  get isDisposed(): boolean {
    return this.#bytes.isDisposed;
  }

  /** The input and the attributes of a kernel that reads it. For this package's operations.
   *  @throws UnsupportedError on another backend than the one it was made on */
  kernelArguments(op: string): { bytes: Tensor; attrs: QuantizedAttrs } {
    if (tf.getBackend() !== this.#backend) {
      throw new UnsupportedError(
        `${op}: weight: expected one made on the backend ${tf.getBackend()}, got one made on ` +
          `${this.#backend}. Load the model after useBackend.`,
      );
    }
    const [rows, columns] = this.shape;
    return { bytes: this.#bytes, attrs: { type: this.type, rows, columns } };
  }

  /** The weights as float32 [O, I], to the bits of ggml's dequantisation; the caller owns it. */
  dequantize(): Tensor {
    const { bytes, attrs } = this.kernelArguments('dequantize');
    return tf.engine().runKernel<Tensor>('QuantizedDequantize', { bytes }, attrs);
  }

  /** Frees it; safe to call twice. */
  dispose(): void {
    if (!this.#bytes.isDisposed) this.#bytes.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

function packed(blocks: Uint8Array | Tensor, attrs: QuantizedAttrs): Tensor {
  return tf.tidy(() => {
    const bytes =
      blocks instanceof tf.Tensor ? tf.reshape(blocks, [-1]) : tf.tensor1d(blocks, 'bool');
    if (tf.getKernel('QuantizedPack', tf.getBackend()) == null) return bytes;
    return tf.engine().runKernel<Tensor>('QuantizedPack', { bytes }, attrs);
  });
}
