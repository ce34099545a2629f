/** Writes GGUF files, version 3 (layout: gguf-header.ts). */
import * as tf from '@tensorflow/tfjs-core';
import { FormatError, ShapeError } from '../errors/errors.ts';
import { type BlockType, blockFormat, checkBlockType } from './blocks/block-type.ts';
import { quantize } from './blocks/quantize.ts';
import {
  concat,
  type GgufMetadataValue,
  metadataBytes,
  stringBytes,
  u32,
  u64,
} from './gguf-metadata-bytes.ts';
import { writeFileAtomic } from './write-file-atomic.ts';

/** A tensor's values: float32, quantised while writing, or its blocks as bytes, written as they are. */
export type GgufTensorData = tf.Tensor | Float32Array | Uint8Array;

/** A tensor to write. */
export interface GgufTensor {
  readonly name: string;
  /** Of the file. */
  readonly type: BlockType;
  /** Outermost first, as in PyTorch. Rows (the last axis) hold whole blocks of the type. */
  readonly shape: readonly number[];
  /** Or how to get it when its turn comes, so that one tensor at a time is in memory. Tensors stay the
   *  caller's, except those that a function returns, which are disposed once written. */
  readonly data: GgufTensorData | (() => GgufTensorData | Promise<GgufTensorData>);
}

export interface GgufContents {
  /** Keys and values, `general.architecture` among them; written in this order. */
  readonly metadata: Iterable<readonly [key: string, value: GgufMetadataValue]>;
  /** In the order of the file. */
  readonly tensors: Iterable<GgufTensor>;
  /** Called after each tensor. */
  readonly onTensor?: (name: string, index: number, count: number) => void;
}

/** ggml's default; every reader knows it. */
const ALIGNMENT = 32;
const MAX_RANK = 4;
const MAX_NAME_BYTES = 63; // GGML_MAX_NAME less its end mark

/**
 * Writes a GGUF file atomically, one tensor at a time. llama.cpp and Python's gguf read it.
 *
 * @throws ShapeError for rows that are no whole blocks or more than 4 axes, RangeError for names and
 *   keys given twice or too long and for values that their type cannot hold, FormatError where data
 *   and shape disagree
 */
export async function writeGguf(path: string, contents: GgufContents): Promise<void> {
  const tensors = [...contents.tensors];
  const header = headerBytes([...contents.metadata], tensors);
  await writeFileAtomic(path, pieces(header, tensors, contents.onTensor));
}

async function* pieces(
  header: Uint8Array,
  tensors: readonly GgufTensor[],
  onTensor: GgufContents['onTensor'],
): AsyncGenerator<Uint8Array> {
  yield padded(header);
  for (const [index, tensor] of tensors.entries()) {
    yield padded(await bytesOf(tensor));
    onTensor?.(tensor.name, index, tensors.length);
  }
}

function headerBytes(
  metadata: readonly (readonly [string, GgufMetadataValue])[],
  tensors: readonly GgufTensor[],
): Uint8Array {
  checkOnce(
    'metadata',
    metadata.map(([key]) => key),
  );
  checkOnce(
    'tensors',
    tensors.map(({ name }) => name),
  );
  const stated = new Map(metadata).get('general.alignment') ?? ALIGNMENT;
  if (stated !== ALIGNMENT) {
    throw new RangeError(
      `writeGguf: metadata: general.alignment: expected ${ALIGNMENT}, which is written, got another.`,
    );
  }
  let offset = 0;
  const infos = tensors.map((tensor) => {
    const info = infoBytes(tensor, offset);
    offset += paddedLength(byteLength(tensor));
    return info;
  });
  const version = 3;
  return concat(
    new TextEncoder().encode('GGUF'),
    u32(version),
    u64(tensors.length),
    u64(metadata.length),
    ...metadata.flatMap(([key, value]) => [stringBytes(key), metadataBytes(key, value)]),
    ...infos,
  );
}

function infoBytes(tensor: GgufTensor, offset: number): Uint8Array {
  const { name, type, shape } = tensor;
  const { id, blockSize } = blockFormat(checkBlockType(`writeGguf: ${name}`, type));
  if (shape.length > MAX_RANK) {
    throw new ShapeError(
      `writeGguf: ${name}: expected at most ${MAX_RANK} axes, got [${shape}]. Reshape it.`,
    );
  }
  if ((shape.at(-1) ?? 1) % blockSize !== 0) {
    throw new ShapeError(
      `writeGguf: ${name}: expected rows of a multiple of ${blockSize} for ${type}, got [${shape}]. ` +
        'Use a type with smaller blocks.',
    );
  }
  if (new TextEncoder().encode(name).length > MAX_NAME_BYTES) {
    throw new RangeError(`writeGguf: ${name}: expected a name of at most ${MAX_NAME_BYTES} bytes.`);
  }
  const sizes = [...shape].reverse().map(u64);
  return concat(stringBytes(name), u32(shape.length), ...sizes, u32(id), u64(offset));
}

async function bytesOf(tensor: GgufTensor): Promise<Uint8Array> {
  const { name, type, shape, data } = tensor;
  const made = typeof data === 'function' ? await data() : data;
  const values = made instanceof tf.Tensor ? await made.data<'float32'>() : made;
  if (typeof data === 'function' && made instanceof tf.Tensor) made.dispose();
  const isBytes = values instanceof Uint8Array;
  const expected = isBytes ? byteLength(tensor) : tf.util.sizeFromShape([...shape]);
  if (values.length !== expected) {
    const unit = isBytes ? 'bytes' : 'values';
    throw new FormatError(
      `writeGguf: ${name}: expected ${expected} ${unit} for ${type} [${shape}], got ${values.length}.`,
    );
  }
  if (isBytes) return values;
  try {
    return quantize(type, values);
  } catch (error) {
    if (error instanceof RangeError) throw new RangeError(`writeGguf: ${name}: ${error.message}`);
    throw error;
  }
}

function byteLength({ type, shape }: GgufTensor): number {
  const { blockSize, blockBytes } = blockFormat(type);
  return (tf.util.sizeFromShape([...shape]) / blockSize) * blockBytes;
}

const paddedLength = (length: number): number => Math.ceil(length / ALIGNMENT) * ALIGNMENT;

function padded(bytes: Uint8Array): Uint8Array {
  const missing = paddedLength(bytes.length) - bytes.length;
  return missing === 0 ? bytes : concat(bytes, new Uint8Array(missing));
}

function checkOnce(what: string, names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) {
      throw new RangeError(`writeGguf: ${what}: expected each name once, got ${name} again.`);
    }
    seen.add(name);
  }
}
