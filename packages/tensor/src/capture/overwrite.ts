import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, TypedArray } from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../backends/native/native-backend.ts';
import { ShapeError } from '../errors/errors.ts';
import { storedValues } from '../kernels/values-in-place.ts';

/**
 * Overwrites a tensor's values where they lie, for a captured function to read. Every tensor that shares
 * them sees the change, as with kvCacheWrite.
 * @param values as many as the tensor has, in its own type: Int32Array for int32, Float32Array for float32
 * @throws ShapeError; UnsupportedError on a backend whose buffers can't be written
 */
export function overwrite(tensor: Tensor, values: TypedArray): void {
  const isFitting =
    values.length === tensor.size &&
    ((tensor.dtype === 'int32' && values instanceof Int32Array) ||
      (tensor.dtype === 'float32' && values instanceof Float32Array));
  if (!isFitting) {
    throw new ShapeError(
      `overwrite: values: expected ${tensor.size} of ${tensor.dtype}, got ${values.length} in ` +
        `${values.constructor.name}. Use the tensor's own type.`,
    );
  }
  const backend = tf.backend() as Partial<NativeBackend>;
  if (backend.overwrite) backend.overwrite(tensor, values);
  else storedValues('overwrite', tf.backend(), tensor).set(values);
}
