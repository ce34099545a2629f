// How the fused gradients call their kernels. A gradient kernel with several outputs runs once,
// when tfjs asks for the node's gradients; the caller's scope owns (and frees) the outputs that
// nobody picks up.
import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, NamedAttrMap, Tensor } from '@tensorflow/tfjs-core';

/** Runs a gradient kernel with one output. */
export function runGrad(kernelName: string, inputs: Record<string, Tensor>, attrs = {}): Tensor {
  return tf.engine().runKernel<Tensor>(kernelName, inputs, attrs);
}

/** Runs a gradient kernel with several outputs and names them after the operation's inputs. */
export function runGrads(
  kernelName: string,
  inputs: Record<string, Tensor>,
  attrs: NamedAttrMap,
  names: readonly string[],
): ReturnType<GradConfig['gradFunc']> {
  const gradients = tf.engine().runKernel<Tensor[]>(kernelName, inputs, attrs);
  return Object.fromEntries(names.map((name, i) => [name, () => gradients[i]!]));
}
