/** Replaces a registered kernel by one that calls it. */
import * as tf from '@tensorflow/tfjs-core';
import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';

export type KernelWrapper = (original: KernelFunc) => KernelFunc;

export function wrapKernel(backendName: string, kernelName: string, wrap: KernelWrapper): void {
  const config = tf.getKernel(kernelName, backendName);
  if (config == null) return;
  tf.unregisterKernel(kernelName, backendName);
  tf.registerKernel({ ...config, kernelFunc: wrap(config.kernelFunc) });
}

/** Runs `compute` and frees the tensors it made; its result, no tensor of tfjs's yet, is the caller's. */
export function withoutTemporaries<T extends TensorInfo | TensorInfo[]>(compute: () => T): T {
  let result: T | undefined;
  tf.tidy(() => {
    result = compute();
  });
  return result as T;
}
