/** Scalars whose gradients are computed together with them, while what those need is there. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { isTapeOn, recordNode } from './tape.ts';

/** An input and d scalar / d input. */
export interface KnownGradient {
  readonly input: Tensor;
  readonly gradient: Tensor;
}

/**
 * Puts a step on the tape that hands the gradients out. Recorded as a kernel of tfjs, they would be outputs, and the
 * backward pass would make zeros of their size.
 * @param scalar computed within noGradient
 */
export function recordKnownGradients(
  kernelName: string,
  scalar: Tensor,
  known: Readonly<Record<string, KnownGradient>>,
): void {
  if (!isTapeOn()) return;
  const entries = Object.entries(known);
  recordNode({
    kernelName,
    inputs: Object.fromEntries(entries.map(([name, { input }]) => [name, input])),
    outputs: [scalar],
    saved: entries.map(([, { gradient }]) => tf.keep(gradient)),
    gradient: ([dy]: Tensor[]) => {
      const isOne = dy!.dataSync()[0] === 1; // as in training, where no second array is wanted
      return Object.fromEntries(
        entries.map(([name, { gradient }]) => [
          name,
          () => (isOne ? tf.clone(gradient) : tf.mul(gradient, dy!)),
        ]),
      );
    },
  });
}
