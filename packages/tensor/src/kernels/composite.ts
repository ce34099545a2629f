// A composite kernel computes a fused operation out of tf ops, so it runs on every backend. It is
// the slow, obvious version that the native C++ kernel is checked against. tfjs does not record the
// ops inside a kernel on the gradient tape, so a fused operation stays one node there.
import * as tf from '@tensorflow/tfjs-core';
import type { KernelFunc, NamedAttrMap, Tensor } from '@tensorflow/tfjs-core';

/** What a fused operation runs on one backend: the kernel's name and its function. */
export interface FusedKernel {
  readonly kernelName: string;
  readonly kernelFunc: KernelFunc;
}

/** The inputs of a kernel by name; an optional input that was not given is missing. */
export type KernelInputs = Readonly<Record<string, Tensor>>;

/**
 * Wraps `compute` as a kernel whose intermediate tensors are freed, also when it throws.
 * `compute` must return new tensors, never an input itself.
 */
export function composite<A extends NamedAttrMap>(
  kernelName: string,
  compute: (inputs: KernelInputs, attrs: A) => Tensor | Tensor[],
): FusedKernel {
  const kernelFunc: KernelFunc = ({ inputs, attrs }) =>
    tf.tidy(() => compute(inputs as KernelInputs, (attrs ?? {}) as A));
  return { kernelName, kernelFunc };
}

/** Reads an input that the kernel's contract says is there. */
export function required(inputs: KernelInputs, name: string): Tensor {
  const tensor = inputs[name];
  if (tensor === undefined) throw new Error(`kernel: ${name}: expected a tensor, got none.`);
  return tensor;
}
