// How rules without a kernel of their own write one step: new values from old ones with tf operations.

import { tf, type Tensor, type Variable } from '@llm/tensor';
import type { RuleEntry, RuleStep } from './rule.ts';

/** What a step reads of one parameter. */
export interface StepValues {
  /** gradScale·gradient, with l2·p added where the rule decays as Adam does. */
  readonly g: Tensor;
  readonly p: Variable;
  readonly state: Readonly<Record<string, Variable>>;
  readonly entry: RuleEntry;
}

/** New values for `p` and for some of the state, by name. */
export type NewValues = Readonly<Record<string, Tensor>>;

/** Runs `compute` for each parameter within tf.tidy and assigns what it returns. `l2`: add weightDecay·p to the gradient. */
export function stepEach(
  { entries, gradScale }: RuleStep,
  { l2 }: { readonly l2: boolean },
  compute: (values: StepValues) => NewValues,
): void {
  for (const entry of entries) {
    tf.tidy(() => {
      const { parameter: p, state, grad, weightDecay } = entry;
      const scaled = gradScale === 1 ? grad : tf.mul(grad, gradScale);
      const g = l2 && weightDecay > 0 ? tf.add(scaled, tf.mul(p, weightDecay)) : scaled;
      for (const [name, value] of Object.entries(compute({ g, p, state, entry }))) {
        (name === 'p' ? p : state[name]!).assign(value);
      }
    });
  }
}

/** keep·average + (1 − keep)·value */
export function movingAverage(average: Tensor, value: Tensor, keep: number): Tensor {
  return tf.add(tf.mul(average, keep), tf.mul(value, 1 - keep));
}

/** p·(1 − learningRate·weightDecay): decay decoupled from the gradient */
export function decayed(p: Tensor, learningRate: number, weightDecay: number): Tensor {
  return weightDecay === 0 ? p : tf.mul(p, 1 - learningRate * weightDecay);
}
