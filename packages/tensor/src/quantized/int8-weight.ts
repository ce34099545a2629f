/** A weight matrix in 8-bit integers with one scale for each output: what `int8Linear` multiplies with. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { UnsupportedError } from '../errors/errors.ts';
import type { Int8Attrs } from '../kernels/int8-linear.ts';

/** Inputs of the kernels that read it. */
export type Int8Inputs = Readonly<Record<'bytes' | 'scales' | 'offsets', Tensor>>;

/** Made by `quantizeInt8`. */
export class Int8Weight {
  /** [O, I] */
  readonly shape: readonly [rows: number, columns: number];
  readonly #backend = tf.getBackend();
  readonly #inputs: Int8Inputs;

  /** Takes over the tensors: bytes [O, I padded to 64], scales [O], offsets int32 [O]. */
  constructor(shape: readonly [number, number], inputs: Int8Inputs) {
    this.shape = shape;
    this.#inputs = inputs;
    for (const tensor of Object.values(inputs)) tf.keep(tensor);
  }

  /** Bytes that it holds: about I + 8 for each output. */
  get byteLength(): number {
    const { bytes, scales, offsets } = this.#inputs;
    return bytes.size + 4 * (scales.size + offsets.size);
  }

  get isDisposed(): boolean {
    return this.#inputs.bytes.isDisposed;
  }

  /** The inputs and attributes of a kernel that reads it. For this package's operations.
   *  @throws UnsupportedError on another backend than the one it was made on */
  kernelArguments(op: string): { inputs: Int8Inputs; attrs: Int8Attrs } {
    if (tf.getBackend() !== this.#backend) {
      throw new UnsupportedError(
        `${op}: weight: expected one made on the backend ${tf.getBackend()}, got one made on ` +
          `${this.#backend}. Quantise it after useBackend.`,
      );
    }
    return { inputs: this.#inputs, attrs: { columns: this.shape[1] } };
  }

  /** The weights as float32 [O, I]; the caller owns it. */
  dequantize(): Tensor {
    const { inputs, attrs } = this.kernelArguments('dequantize');
    const { bytes, scales } = inputs;
    return tf.engine().runKernel<Tensor>('Int8Dequantize', { bytes, scales }, attrs);
  }

  /** Frees it; safe to call twice. */
  dispose(): void {
    if (!this.isDisposed) tf.dispose(Object.values(this.#inputs));
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
