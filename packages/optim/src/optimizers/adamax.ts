// Adamax (Kingma & Ba 2015, algorithm 2): Adam with the maximum norm, in the form and with the numbers of
// torch.optim.Adamax:  µ ← b1·µ + (1−b1)·g;   u ← max(b2·u, |g| + eps);   p ← p − lr/(1−b1^t) · µ/u

import { tf } from '@llm/tensor';
import type { Optimizer } from '../optimizer.ts';
import type { AdamOptions } from './adam.ts';
import { checkNumbers, FRACTION, NOT_NEGATIVE } from './check-numbers.ts';
import { RuleOptimizer } from './rule-optimizer.ts';
import { movingAverage, stepEach } from './tensor-step.ts';

/** `weightDecay` is added to the gradient; `eps` to its size. */
export type AdamaxOptions = Omit<AdamOptions, 'amsgrad'>;

/** Adamax with torch.optim.Adamax's numbers. */
export function adamax(options: AdamaxOptions): Optimizer {
  const { b1 = 0.9, b2 = 0.999, eps = 1e-8, weightDecay = 0 } = options;
  checkNumbers('adamax', { b1: [b1, FRACTION], b2: [b2, FRACTION], eps: [eps, NOT_NEGATIVE] });
  return new RuleOptimizer(
    {
      name: 'adamax',
      state: ({ shape }) => ({ mu: shape, nu: shape }),
      update: (step) => {
        const rate = step.learningRate / (1 - b1 ** step.count);
        stepEach(step, { l2: true }, ({ g, p, state }) => {
          const mu = movingAverage(state['mu']!, g, b1);
          const nu = tf.maximum(tf.mul(state['nu']!, b2), tf.add(tf.abs(g), eps));
          return { mu, nu, p: tf.sub(p, tf.div(tf.mul(mu, rate), nu)) };
        });
      },
    },
    { ...options, weightDecay },
  );
}
