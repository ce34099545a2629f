import * as tf from '@tensorflow/tfjs-core';
import { UnsupportedError } from '../errors/errors.ts';
import { type ByteSource, toSource } from './byte-source.ts';
import { DEQUANTIZERS } from './dequantize.ts';
import { type GgufHeader, readGgufHeader } from './gguf-header.ts';

/** An open GGUF file. */
export interface GgufFile extends GgufHeader {
  /** One tensor as float32, in PyTorch's axis order; the caller owns it.
   *  @throws UnsupportedError for a quantisation without a dequantiser here */
  dequantize(name: string): Promise<tf.Tensor>;
  /** Frees the file; safe to call twice. */
  close(): Promise<void>;
}

/**
 * Opens a GGUF file (version 2 or 3) and reads its header; `dequantize` then reads one tensor at
 * a time.
 *
 * @param sourceOrPath closed by `close` in either case
 * @throws FormatError for a file that is truncated, inconsistent or something else
 */
export async function openGguf(sourceOrPath: ByteSource | string): Promise<GgufFile> {
  const source = await toSource(sourceOrPath);
  try {
    const header = await readGgufHeader(source);
    return {
      ...header,
      dequantize: (name) => dequantize(source, header, name),
      close: () => source.close(),
    };
  } catch (error) {
    await source.close();
    throw error;
  }
}

async function dequantize(
  source: ByteSource,
  header: GgufHeader,
  name: string,
): Promise<tf.Tensor> {
  const info = header.tensors.get(name);
  if (info === undefined) {
    throw new RangeError(`${source.name}: expected a tensor's name, got '${name}'. See tensors.`);
  }
  const toFloats = Object.hasOwn(DEQUANTIZERS, info.type) ? DEQUANTIZERS[info.type] : undefined;
  if (toFloats === undefined) {
    throw new UnsupportedError(
      `dequantize: ${name}: expected one of ${Object.keys(DEQUANTIZERS).join(', ')}, ` +
        `got ${info.type}. Quantise the model to one of these with llama.cpp.`,
    );
  }
  const bytes = await source.read(info.offset, info.byteLength);
  const isDirect = info.type === 'F32' || tf.getKernel('Dequantize', tf.getBackend()) == null;
  if (isDirect) return tf.tensor(toFloats(bytes), [...info.shape], 'float32');
  return tf.tidy(() => {
    const attrs = { type: info.type, shape: [...info.shape] };
    return tf
      .engine()
      .runKernel<tf.Tensor>('Dequantize', { bytes: tf.tensor1d(bytes, 'bool') }, attrs);
  });
}
