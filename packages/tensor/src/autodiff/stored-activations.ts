/** Activations in half their bytes between the forward and the backward pass: what layers saved for their gradients,
 *  rounded to bfloat16, and float32 again just before the gradient that reads it. */
import * as tf from '@tensorflow/tfjs-core';
import { fromBfloat16, toBfloat16 } from '../precision/bfloat16.ts';
import type { TapeNode } from './tape.ts';

/** Which of the tensors that a kernel saves are activations, by their place in `saved`. Everything else stays as it
 *  is: labels and masks, the log-sum-exps of softmaxes (an error there multiplies every probability), logits (an error
 *  there is one of log p), and what other operations save, which may be a loss's own numbers. */
const ACTIVATIONS: Readonly<Record<string, readonly number[]>> = Object.freeze({
  Attention: [0, 1, 2, 3], // q, k, v, out
  BiasedAttention: [0, 1, 2, 4], // q, k, v, not the bias, out
  MaskedAttention: [0, 1, 2, 4],
  MaskedBiasedAttention: [0, 1, 2, 5],
  Conv2D: [0], // x, not the filter; so too in what follows
  Gelu: [0],
  LayerNorm: [0],
  Linear: [0],
  LinearTokenLoss: [0],
  Relu: [0],
  RmsNorm: [0],
  Silu: [0],
  Swiglu: [0, 1], // gate, up
});

/** The activations of one tape. Tensors with the same data, as a layer's input that three products save, are packed
 *  once. Its own kernels must not be recorded: call within noGradient. */
export class StoredActivations {
  /** By the data that was packed; a tensor that was disposed since is not used again. */
  readonly #packed = new WeakMap<object, tf.Tensor>();
  /** What unpacking makes of the tensors that stand in `saved` now. */
  readonly #shapes = new WeakMap<tf.Tensor, readonly number[]>();

  /** Replaces the activations among what the node saved. */
  pack(node: TapeNode): void {
    const saved = node.saved ?? [];
    for (const i of ACTIVATIONS[node.kernelName] ?? []) {
      const tensor = saved[i];
      if (tensor === undefined || tensor.isDisposed || isParameter(tensor, node)) continue;
      saved[i] = this.#pack(tensor);
      tensor.dispose();
    }
  }

  /** Gives the node its activations back; its gradient may run then. */
  unpack(node: TapeNode): void {
    const saved = node.saved ?? [];
    for (const [i, bytes] of saved.entries()) {
      const shape = this.#shapes.get(bytes);
      if (shape === undefined) continue;
      saved[i] = tf.keep(fromBfloat16(bytes, shape));
      bytes.dispose();
    }
  }

  #pack(tensor: tf.Tensor): tf.Tensor {
    const known = this.#packed.get(tensor.dataId);
    const isThere = known !== undefined && !known.isDisposed;
    const bytes = tf.keep(isThere ? tf.clone(known) : toBfloat16(tensor));
    if (!isThere) this.#packed.set(tensor.dataId, bytes);
    this.#shapes.set(bytes, tensor.shape);
    return bytes;
  }
}

/** Whether packing would be a second copy of what stays anyway. */
function isParameter({ dataId }: tf.Tensor, node: TapeNode): boolean {
  return Object.values(node.inputs).some(
    (input) => input instanceof tf.Variable && input.dataId === dataId,
  );
}
