import * as tf from '@tensorflow/tfjs-core';
import { checkBlockType } from './blocks/block-type.ts';
import { CODECS } from './blocks/codecs.ts';
import { hasKernel, runDequantize } from './blocks/quantize.ts';
import { type ByteSource, toSource } from './byte-source.ts';
import { type GgufHeader, type GgufTensorInfo, readGgufHeader } from './gguf-header.ts';
import { type OpenOptions, TensorSource } from './tensor-source.ts';

/** An open GGUF file. */
export interface GgufFile extends GgufHeader {
  /** One tensor as float32, in PyTorch's axis order; the caller owns it. F32 is part of the mapped file
   *  where the backend can map.
   *  @throws UnsupportedError for a quantisation without a dequantiser here */
  dequantize(name: string): Promise<tf.Tensor>;
  /** A tensor's blocks as they lie in the file, [bytes] of dtype bool (how tfjs holds bytes); part of
   *  the mapped file where the backend can map, whatever their type. The caller owns it. */
  blocks(name: string): Promise<tf.Tensor1D>;
  /** The same as a copy. */
  bytes(name: string): Promise<Uint8Array>;
  /** Frees the file; tensors stay valid. Safe to call twice. */
  close(): Promise<void>;
}

/**
 * Opens a GGUF file (version 2 or 3) and reads its header; tensors are then read one at a time.
 *
 * @param sourceOrPath closed by `close` in either case
 * @throws FormatError for a file that is truncated, inconsistent or something else
 */
export async function openGguf(
  sourceOrPath: ByteSource | string,
  options: OpenOptions = {},
): Promise<GgufFile> {
  const source = await toSource(sourceOrPath);
  try {
    const header = await readGgufHeader(source);
    const data = new TensorSource(source, options);
    const find = (name: string): GgufTensorInfo => {
      const info = header.tensors.get(name);
      if (info !== undefined) return info;
      throw new RangeError(`${source.name}: expected a tensor's name, got '${name}'. See tensors.`);
    };
    return {
      ...header,
      dequantize: async (name) => dequantize(data, find(name), name),
      blocks: async (name) => data.bytes(find(name).offset, find(name).byteLength),
      bytes: async (name) => data.read(find(name).offset, find(name).byteLength),
      close: () => data.close(),
    };
  } catch (error) {
    await source.close();
    throw error;
  }
}

async function dequantize(
  data: TensorSource,
  { type: typeName, offset, byteLength, shape }: GgufTensorInfo,
  name: string,
): Promise<tf.Tensor> {
  const type = checkBlockType(`dequantize: ${name}`, typeName);
  if (type === 'F32') return data.floats(offset, shape);
  if (!hasKernel('Dequantize')) {
    const values = CODECS[type].decode(await data.read(offset, byteLength));
    return tf.tensor(values, [...shape], 'float32');
  }
  const blocks = await data.bytes(offset, byteLength);
  try {
    return runDequantize(blocks, type, shape);
  } finally {
    blocks.dispose();
  }
}
