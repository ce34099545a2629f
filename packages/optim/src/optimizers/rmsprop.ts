// RMSprop (Hinton 2012, lecture 6e; centered: Graves 2013), in the form and with the numbers of torch.optim.RMSprop:
//   g ← g + λ·p;   ν ← α·ν + (1−α)·g²;   centered: ḡ ← α·ḡ + (1−α)·g and ν − ḡ² instead of ν
//   d = g / (√ν + eps);   p ← p − lr·d, or with momentum m ← momentum·m + d; p ← p − lr·m

import { tf } from '@llm/tensor';
import type { Optimizer } from '../optimizer.ts';
import { checkNumbers, FRACTION, NOT_NEGATIVE } from './check-numbers.ts';
import type { GroupOptions } from './parameter-groups.ts';
import { RuleOptimizer } from './rule-optimizer.ts';
import { movingAverage, stepEach } from './tensor-step.ts';

export interface RmspropOptions extends GroupOptions {
  /** Decay of the mean square, [0, 1). @default 0.99 */
  readonly alpha?: number;
  /** Added to the root of the mean square. @default 1e-8 */
  readonly eps?: number;
  /** @default 0 */
  readonly momentum?: number;
  /** Divide by the standard deviation instead of the root mean square. @default false */
  readonly centered?: boolean;
  /** λ: added to the gradient as λ·p. @default 0 */
  readonly weightDecay?: number;
}

/** RMSprop with torch.optim.RMSprop's numbers. */
export function rmsprop(options: RmspropOptions): Optimizer {
  const { alpha = 0.99, eps = 1e-8, momentum = 0, centered = false, weightDecay = 0 } = options;
  checkNumbers('rmsprop', {
    alpha: [alpha, FRACTION],
    eps: [eps, NOT_NEGATIVE],
    momentum: [momentum, FRACTION],
  });
  return new RuleOptimizer(
    {
      name: 'rmsprop',
      state: ({ shape }) => ({
        nu: shape,
        ...(centered && { mu: shape }),
        ...(momentum > 0 && { momentum: shape }),
      }),
      update: (step) => {
        stepEach(step, { l2: true }, ({ g, p, state }) => {
          const nu = movingAverage(state['nu']!, tf.square(g), alpha);
          const mu = centered ? movingAverage(state['mu']!, g, alpha) : undefined;
          const variance = mu ? tf.sub(nu, tf.square(mu)) : nu;
          const move = tf.div(g, tf.add(tf.sqrt(variance), eps));
          const buffer =
            momentum > 0 ? tf.add(tf.mul(state['momentum']!, momentum), move) : undefined;
          const p1 = tf.sub(p, tf.mul(buffer ?? move, step.learningRate));
          return { nu, ...(mu && { mu }), ...(buffer && { momentum: buffer }), p: p1 };
        });
      },
    },
    { ...options, weightDecay },
  );
}
