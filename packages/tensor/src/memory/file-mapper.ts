/** A backend whose tensors can be parts of a file that is mapped into memory: nothing is read until a
 *  value is used, nothing is copied, and processes with the same file share its pages. */
import * as tf from '@tensorflow/tfjs-core';
import type { DataType, TensorInfo } from '@tensorflow/tfjs-core';

export interface MappedFile {
  /** Bytes when it was mapped. */
  readonly size: number;
  /** The values at a byte offset, a multiple of the element's size. In-place writes stay private.
   *  @throws Error where the part is not within the file */
  view(offset: number, shape: number[], dtype: DataType): TensorInfo;
  /** No more views. Those there are stay valid until their tensors are disposed. */
  close(): void;
}

export interface FileMapper {
  /** @throws Error with the system's reason where the file cannot be mapped */
  mapFile(path: string): MappedFile;
}

/** The current backend, if it can map files. */
export function fileMapper(): FileMapper | undefined {
  const backend: unknown = tf.getBackend() ? tf.backend() : undefined;
  return isFileMapper(backend) ? backend : undefined;
}

function isFileMapper(backend: unknown): backend is FileMapper {
  return typeof backend === 'object' && backend !== null && 'mapFile' in backend;
}
