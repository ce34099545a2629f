// RAdam (Liu et al. 2020, On the Variance of the Adaptive Learning Rate and Beyond, algorithm 2), in the form and with
// the numbers of torch.optim.RAdam: SGD with momentum until the variance of ν can be judged (ρ_t > 5), then Adam with
// its step rectified by r_t. Needs no warm-up.

import { tf } from '@llm/tensor';
import type { Optimizer } from '../optimizer.ts';
import type { AdamOptions } from './adam.ts';
import { checkNumbers, FRACTION, NOT_NEGATIVE } from './check-numbers.ts';
import { RuleOptimizer } from './rule-optimizer.ts';
import { decayed, movingAverage, stepEach } from './tensor-step.ts';

export interface RadamOptions extends Omit<AdamOptions, 'amsgrad'> {
  /** Decay the weights as AdamW does instead of through the gradient. @default false */
  readonly decoupledWeightDecay?: boolean;
}

/** RAdam with torch.optim.RAdam's numbers. */
export function radam(options: RadamOptions): Optimizer {
  const { b1 = 0.9, b2 = 0.999, eps = 1e-8, weightDecay = 0 } = options;
  const { decoupledWeightDecay = false } = options;
  checkNumbers('radam', { b1: [b1, FRACTION], b2: [b2, FRACTION], eps: [eps, NOT_NEGATIVE] });
  return new RuleOptimizer(
    {
      name: 'radam',
      state: ({ shape }) => ({ mu: shape, nu: shape }),
      update: (step) => {
        const { count, learningRate } = step;
        const rate = learningRate / (1 - b1 ** count);
        const rectified = rectification(count, b2);
        stepEach(step, { l2: !decoupledWeightDecay }, ({ g, p, state, entry }) => {
          const mu = movingAverage(state['mu']!, g, b1);
          const nu = movingAverage(state['nu']!, tf.square(g), b2);
          const start = decoupledWeightDecay ? decayed(p, learningRate, entry.weightDecay) : p;
          const plain = tf.mul(mu, rate);
          const scale = (rectified ?? 0) * Math.sqrt(1 - b2 ** count);
          const move =
            rectified === undefined
              ? plain
              : tf.div(tf.mul(plain, scale), tf.add(tf.sqrt(nu), eps));
          return { mu, nu, p: tf.sub(start, move) };
        });
      },
    },
    { ...options, weightDecay },
  );
}

/** r_t of the paper, or undefined while ρ_t ≤ 5: too few squares have been seen. */
function rectification(count: number, b2: number): number | undefined {
  const longest = 2 / (1 - b2) - 1; // ρ_∞
  const length = longest - (2 * count * b2 ** count) / (1 - b2 ** count); // ρ_t
  if (length <= 5) return undefined;
  const ofNow = (length - 4) * (length - 2) * longest;
  return Math.sqrt(ofNow / ((longest - 4) * (longest - 2) * length));
}
