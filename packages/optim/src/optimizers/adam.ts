// Adam (Kingma & Ba 2015, algorithm 1), in the form and with the numbers of torch.optim.Adam:
//   g ← g + λ·p;   µ ← b1·µ + (1−b1)·g;   ν ← b2·ν + (1−b2)·g²
//   p ← p − lr · (µ / (1−b1^t)) / (√(ν / (1−b2^t)) + eps)
// AMSGrad (Reddi et al. 2018) divides by the largest ν so far. One kernel in place without it, tf operations with it.

import { adamWStep, tf } from '@llm/tensor';
import type { Optimizer } from '../optimizer.ts';
import { checkNumbers, FRACTION, NOT_NEGATIVE } from './check-numbers.ts';
import type { GroupOptions } from './parameter-groups.ts';
import { RuleOptimizer } from './rule-optimizer.ts';
import type { Rule, RuleStep } from './rule.ts';
import { decayed, movingAverage, stepEach } from './tensor-step.ts';

export interface AdamOptions extends GroupOptions {
  /** Decay of the first moment, [0, 1). @default 0.9 */
  readonly b1?: number;
  /** Decay of the second moment, [0, 1). @default 0.999 */
  readonly b2?: number;
  /** Added to the root of the second moment. @default 1e-8 */
  readonly eps?: number;
  /** λ: added to the gradient as λ·p. @default 0 */
  readonly weightDecay?: number;
  /** Divide by the largest second moment so far. @default false */
  readonly amsgrad?: boolean;
}

/** Adam with torch.optim.Adam's numbers. For decay that does not pass through the moments take `adamw`. */
export function adam(options: AdamOptions): Optimizer {
  return adamLike('adam', options, { isDecoupled: false });
}

/** Adam or AdamW: they differ in where decay acts. */
export function adamLike(
  name: string,
  options: AdamOptions,
  { isDecoupled }: { readonly isDecoupled: boolean },
): Optimizer {
  const { b1 = 0.9, b2 = 0.999, eps = 1e-8, weightDecay = 0, amsgrad = false } = options;
  checkNumbers(name, { b1: [b1, FRACTION], b2: [b2, FRACTION], eps: [eps, NOT_NEGATIVE] });
  const numbers = { b1, b2, eps, isDecoupled };
  const rule: Rule = {
    name,
    state: ({ shape }) => ({ mu: shape, nu: shape, ...(amsgrad && { nuMax: shape }) }),
    update: (step) => (amsgrad ? amsgradStep(step, numbers) : fusedStep(step, numbers)),
  };
  return new RuleOptimizer(rule, { ...options, weightDecay });
}

interface AdamNumbers {
  readonly b1: number;
  readonly b2: number;
  readonly eps: number;
  readonly isDecoupled: boolean;
}

function fusedStep(
  { count, learningRate, gradScale, entries }: RuleStep,
  { isDecoupled, ...numbers }: AdamNumbers,
): void {
  const decays = entries.map(({ weightDecay }) => weightDecay);
  const tensors = {
    params: entries.map(({ parameter }) => parameter),
    grads: entries.map(({ grad }) => grad),
    mu: entries.map(({ state }) => state['mu']!),
    nu: entries.map(({ state }) => state['nu']!),
  };
  const decay = isDecoupled ? { weightDecay: decays } : { weightDecay: 0, l2: decays };
  adamWStep(tensors, { step: count, learningRate, gradScale, ...numbers, ...decay });
}

function amsgradStep(step: RuleStep, { b1, b2, eps, isDecoupled }: AdamNumbers): void {
  const { count, learningRate } = step;
  stepEach(step, { l2: !isDecoupled }, ({ g, p, state, entry }) => {
    const mu = movingAverage(state['mu']!, g, b1);
    const nu = movingAverage(state['nu']!, tf.square(g), b2);
    const nuMax = tf.maximum(state['nuMax']!, nu);
    const root = tf.add(tf.mul(tf.sqrt(nuMax), 1 / Math.sqrt(1 - b2 ** count)), eps);
    const move = tf.div(tf.mul(mu, learningRate / (1 - b1 ** count)), root);
    const start = isDecoupled ? decayed(p, learningRate, entry.weightDecay) : p;
    return { mu, nu, nuMax, p: tf.sub(start, move) };
  });
}
