/** Tensors straight from a file's bytes: parts of the mapped file where the backend can map and the
 *  bytes are aligned, else copies that are read. */
import * as tf from '@tensorflow/tfjs-core';
import { FormatError } from '../errors/errors.ts';
import { fileMapper, type FileMapper, type MappedFile } from '../memory/file-mapper.ts';
import type { ByteSource } from './byte-source.ts';
import { typedView } from './typed-view.ts';

/** How a file is opened. */
export interface OpenOptions {
  /** Whether tensors may be parts of the mapped file on a backend that can (`native`): nothing is
   *  copied, processes share the pages, in-place updates stay private. The file must not be shortened
   *  while its tensors live; another may be renamed over it, except on Windows. `false` reads copies.
   *  @default true; false on Windows */
  memoryMap?: boolean;
}

export class TensorSource {
  readonly #source: ByteSource;
  readonly #mayMap: boolean;
  #mapped: { mapper: FileMapper; file: MappedFile } | undefined;
  #isClosed = false;

  constructor(source: ByteSource, { memoryMap = process.platform !== 'win32' }: OpenOptions) {
    this.#source = source;
    this.#mayMap = memoryMap && source.path !== undefined;
  }

  get name(): string {
    return this.#source.name;
  }

  /** A copy of the bytes. */
  read(offset: number, length: number): Promise<Uint8Array> {
    return this.#source.read(offset, length);
  }

  /** [length] of dtype bool, which is how tfjs holds bytes; the caller owns it. */
  async bytes(offset: number, length: number): Promise<tf.Tensor1D> {
    const view = this.#view(offset, [length], 'bool');
    return (view ?? tf.tensor1d(await this.read(offset, length), 'bool')) as tf.Tensor1D;
  }

  /** The caller owns it. */
  async floats(offset: number, shape: readonly number[]): Promise<tf.Tensor> {
    const view = this.#view(offset, shape, 'float32');
    if (view !== undefined) return view;
    const bytes = await this.read(offset, tf.util.sizeFromShape([...shape]) * 4);
    return tf.tensor(typedView(bytes, Float32Array), [...shape], 'float32');
  }

  /** The caller owns it. */
  async integers(offset: number, shape: readonly number[]): Promise<tf.Tensor> {
    const view = this.#view(offset, shape, 'int32');
    if (view !== undefined) return view;
    const bytes = await this.read(offset, tf.util.sizeFromShape([...shape]) * 4);
    return tf.tensor(typedView(bytes, Int32Array), [...shape], 'int32');
  }

  /** Frees the file; tensors that are parts of it stay valid. Safe to call twice. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#mapped?.file.close();
    this.#mapped = undefined;
    await this.#source.close();
  }

  #view(offset: number, shape: readonly number[], dtype: tf.DataType): tf.Tensor | undefined {
    if (!this.#mayMap || this.#isClosed || offset % tf.util.bytesPerElement(dtype) !== 0) return;
    const file = this.#map();
    if (file === undefined) return;
    return tf.engine().makeTensorFromTensorInfo(file.view(offset, [...shape], dtype));
  }

  /** The file as the current backend maps it; mapped again where the backend has changed. */
  #map(): MappedFile | undefined {
    const mapper = fileMapper();
    if (mapper === undefined) return undefined;
    if (this.#mapped?.mapper === mapper) return this.#mapped.file;
    this.#mapped?.file.close();
    const file = tryToMap(mapper, this.#source.path!);
    this.#mapped = file && { mapper, file };
    if (file === undefined || file.size === this.#source.size) return file;
    file.close();
    this.#mapped = undefined;
    throw new FormatError(
      `${this.name}: expected ${this.#source.size} bytes, got ${file.size}: it was replaced. Open it again.`,
    );
  }
}

/** Undefined where the file system cannot map, or the file has lost its name: it can still be read. */
function tryToMap(mapper: FileMapper, path: string): MappedFile | undefined {
  try {
    return mapper.mapFile(path);
  } catch {
    return undefined;
  }
}
