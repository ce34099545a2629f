import * as tf from '@tensorflow/tfjs-core';
import { type ByteSource, toSource } from './byte-source.ts';
import { checkBlockType } from './blocks/block-type.ts';
import { CODECS } from './blocks/codecs.ts';
import { hasKernel, runDequantize } from './blocks/quantize.ts';
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
  const type = checkBlockType(`dequantize: ${name}`, info.type);
  const bytes = await source.read(info.offset, info.byteLength);
  if (type === 'F32' || !hasKernel('Dequantize')) {
    return tf.tensor(CODECS[type].decode(bytes), [...info.shape], 'float32');
  }
  return tf.tidy(() => runDequantize(tf.tensor1d(bytes, 'bool'), type, info.shape));
}
