// Schedule-free AdamW (Defazio et al. 2024, The Road Less Scheduled, algorithm 1), with the numbers of the authors'
// package `schedulefree`: no decay of the learning rate, because the weights that are kept are an average x of the
// steps' z, and gradients are taken at y between them. The parameters hold y; `evaluationWeights` gives x.
//   d = g/(√(ν/(1−b2^t)) + eps) + λ·y;   c = w/Σw with w = t^r · lr_max^q
//   y ← (1−c)·y + c·z + lr·(b1·(1−c) − 1)·d;   z ← z − lr·d

import { tf } from '@llm/tensor';
import type { Optimizer } from '../optimizer.ts';
import { checkNumbers, FRACTION, NOT_NEGATIVE } from './check-numbers.ts';
import type { AdamOptions } from './adam.ts';
import { RuleOptimizer } from './rule-optimizer.ts';
import type { Rule } from './rule.ts';
import { movingAverage, stepEach } from './tensor-step.ts';

export interface ScheduleFreeOptions extends Omit<AdamOptions, 'amsgrad'> {
  /** Where between z and x gradients are taken, (0, 1). @default 0.9 */
  readonly b1?: number;
  /** Updates over which the rate rises; give no schedule beside it. @default 0 */
  readonly warmupSteps?: number;
  /** r: weights later steps more. @default 0 */
  readonly weightPower?: number;
  /** q: power of the largest rate so far in a step's weight. @default 2 */
  readonly learningRatePower?: number;
}

/** Schedule-free AdamW. Evaluate and keep `evaluationWeights()`; `train` does. */
export function scheduleFreeAdamw(options: ScheduleFreeOptions): Optimizer {
  const { b1 = 0.9, b2 = 0.999, eps = 1e-8, weightDecay = 0 } = options;
  const { warmupSteps = 0, weightPower = 0, learningRatePower = 2 } = options;
  checkNumbers('scheduleFreeAdamw', {
    b1: [b1, { expected: 'a number in (0, 1)', holds: (value) => value > 0 && value < 1 }],
    b2: [b2, FRACTION],
    eps: [eps, NOT_NEGATIVE],
    warmupSteps: [warmupSteps, NOT_NEGATIVE],
    weightPower: [weightPower, NOT_NEGATIVE],
    learningRatePower: [learningRatePower, NOT_NEGATIVE],
  });
  const warmup = (count: number) => Math.min(1, count / Math.max(1, warmupSteps));
  const rule: Rule = {
    name: 'scheduleFreeAdamw',
    state: ({ shape }) => ({ z: shape, nu: shape }),
    initial: (name, parameter) =>
      name === 'z' ? tf.tidy(() => tf.mul(parameter, 1)) : tf.zeros(parameter.shape),
    numbers: { largestRate: 0, weightSum: 0, share: 0 },
    begin: ({ largestRate = 0, weightSum = 0 }, { count, learningRate }) => {
      const largest = Math.max(largestRate, learningRate * warmup(count));
      const weight = count ** weightPower * largest ** learningRatePower;
      const sum = weightSum + weight;
      return { largestRate: largest, weightSum: sum, share: sum === 0 ? 0 : weight / sum };
    },
    update: (step) => {
      const { share: c = NaN } = step.numbers;
      const rate = step.learningRate * warmup(step.count);
      stepEach(step, { l2: false }, ({ g, p: y, state, entry }) => {
        const z = state['z']!;
        const nu = movingAverage(state['nu']!, tf.square(g), b2);
        const root = tf.add(tf.sqrt(tf.div(nu, 1 - b2 ** step.count)), eps);
        const d = tf.add(tf.div(g, root), tf.mul(y, entry.weightDecay));
        const between = tf.add(tf.mul(y, 1 - c), tf.mul(z, c));
        const p = tf.add(between, tf.mul(d, rate * (b1 * (1 - c) - 1)));
        return { nu, z: tf.sub(z, tf.mul(d, rate)), p };
      });
    },
    // y = b1·x + (1 − b1)·z
    evaluationWeight: (y, { z }) =>
      tf.tidy(() => tf.add(tf.mul(y, 1 / b1), tf.mul(z!, 1 - 1 / b1))),
  };
  return new RuleOptimizer(rule, { ...options, weightDecay });
}
