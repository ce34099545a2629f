import * as tf from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../backends/native/native-backend.ts';
import { UnsupportedError } from '../errors/errors.ts';

/** The backend, which must be `native`. */
export function nativeBackend(op: string): NativeBackend {
  const name = tf.getBackend();
  if (name === 'native') return tf.backend() as NativeBackend;
  throw new UnsupportedError(
    `${op}: backend: expected native, got ${name || 'none'}. Call useBackend('native') first.`,
  );
}
