/** Our own kernels and their gradients, registered by `useBackend`, never on import. */
import * as tf from '@tensorflow/tfjs-core';

/** A kernel of ours for every backend: written with tf operations. Native ones live in backends/native/kernels. */
const COMPOSITE_KERNELS: readonly Omit<tf.KernelConfig, 'backendName'>[] = Object.freeze([]);

/** Gradients of our kernels, and repairs of tfjs's. */
const GRADIENTS: readonly tf.GradConfig[] = Object.freeze([]);

/** Registers, for one backend, the composite of each of our kernels that it does not have already. */
export function registerFusedKernels(backendName: string): void {
  for (const kernel of COMPOSITE_KERNELS) {
    if (tf.getKernel(kernel.kernelName, backendName) == null) {
      tf.registerKernel({ ...kernel, backendName });
    }
  }
}

/** Registers our gradients, over tfjs's where they repair them. Safe to call twice. */
export function registerFusedGradients(): void {
  for (const gradient of GRADIENTS) {
    if (tf.getGradient(gradient.kernelName) != null) tf.unregisterGradient(gradient.kernelName);
    tf.registerGradient(gradient);
  }
}
