/** What tensors are for, as the `meta` backend counts them. */
import * as tf from '@tensorflow/tfjs-core';

/** A backend that counts bytes by what they are for. */
interface CategorySource {
  /** Bytes allocated from now on count under it; returns the one before. */
  setCategory(name: string): string;
}

/**
 * Runs `fn`; what it allocates counts under `name` in `memoryStats().categories` on the `meta` backend,
 * and under the surrounding category again afterwards. On other backends it only runs `fn`.
 */
export function inCategory<T>(name: string, fn: () => T): T {
  const source = categorySource();
  if (source === undefined) return fn();
  const before = source.setCategory(name);
  try {
    return fn();
  } finally {
    source.setCategory(before);
  }
}

/** What is allocated from now on, inside the innermost `inCategory`, counts under `name`. */
export function setCategory(name: string): void {
  categorySource()?.setCategory(name);
}

function categorySource(): CategorySource | undefined {
  const backend: unknown = tf.getBackend() ? tf.backend() : undefined;
  const isSource = typeof backend === 'object' && backend !== null && 'setCategory' in backend;
  return isSource ? (backend as CategorySource) : undefined;
}
