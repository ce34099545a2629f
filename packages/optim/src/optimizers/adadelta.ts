// Adadelta (Zeiler 2012, algorithm 1), in the form and with the numbers of torch.optim.Adadelta:
//   g ← g + λ·p;   s ← ρ·s + (1−ρ)·g²;   d = √(u + eps) / √(s + eps) · g;   u ← ρ·u + (1−ρ)·d²;   p ← p − lr·d

import { tf } from '@llm/tensor';
import type { Optimizer } from '../optimizer.ts';
import { checkNumbers, FRACTION, NOT_NEGATIVE } from './check-numbers.ts';
import type { GroupOptions } from './parameter-groups.ts';
import { RuleOptimizer } from './rule-optimizer.ts';
import { movingAverage, stepEach } from './tensor-step.ts';

export interface AdadeltaOptions extends Omit<GroupOptions, 'learningRate'> {
  /** Steps have their own scale, so 1 is the rate of the paper. @default 1 */
  readonly learningRate?: number;
  /** Decay of both mean squares, [0, 1). @default 0.9 */
  readonly rho?: number;
  /** Within both roots; steps begin with its root. @default 1e-6 */
  readonly eps?: number;
  /** λ: added to the gradient as λ·p. @default 0 */
  readonly weightDecay?: number;
}

/** Adadelta with torch.optim.Adadelta's numbers. */
export function adadelta(options: AdadeltaOptions = {}): Optimizer {
  const { learningRate = 1, rho = 0.9, eps = 1e-6, weightDecay = 0 } = options;
  checkNumbers('adadelta', { rho: [rho, FRACTION], eps: [eps, NOT_NEGATIVE] });
  return new RuleOptimizer(
    {
      name: 'adadelta',
      state: ({ shape }) => ({ nu: shape, delta: shape }),
      update: (step) => {
        stepEach(step, { l2: true }, ({ g, p, state }) => {
          const nu = movingAverage(state['nu']!, tf.square(g), rho);
          const root = tf.sqrt(tf.add(state['delta']!, eps));
          const move = tf.mul(tf.div(root, tf.sqrt(tf.add(nu, eps))), g);
          const delta = movingAverage(state['delta']!, tf.square(move), rho);
          return { nu, delta, p: tf.sub(p, tf.mul(move, step.learningRate)) };
        });
      },
    },
    { ...options, learningRate, weightDecay },
  );
}
