import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { ShapeError } from '../errors/errors.ts';

/** How the losses of the elements become one: their mean, their sum, or not at all. */
export type Reduction = 'mean' | 'sum' | 'none';

/** Options that every loss of elements has. */
export interface LossOptions {
  /** @default 'mean' */
  reduction?: Reduction;
}

export function reduced(losses: Tensor, reduction: Reduction = 'mean'): Tensor {
  if (reduction === 'none') return losses;
  return reduction === 'mean' ? tf.mean(losses) : tf.sum(losses);
}

/** @throws ShapeError unless both have one shape */
export function expectPair(op: string, input: Tensor, target: Tensor): void {
  if (tf.util.arraysEqual(input.shape, target.shape)) return;
  throw new ShapeError(
    `${op}: target: expected the input's shape [${input.shape}], got [${target.shape}]. ` +
      'Reshape one of them; a loss does not broadcast.',
  );
}
