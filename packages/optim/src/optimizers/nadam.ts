// NAdam (Dozat 2016, Incorporating Nesterov Momentum into Adam), in the form and with the numbers of torch.optim.NAdam:
//   µ_t = b1·(1 − ½·0.96^(t·ψ));   M_t = Π µ_i
//   p ← p − lr · [ (1−µ_t)/(1−M_t)·g + µ_{t+1}/(1−M_{t+1})·m ] / (√(ν/(1−b2^t)) + eps)

import { tf } from '@llm/tensor';
import type { Optimizer } from '../optimizer.ts';
import type { AdamOptions } from './adam.ts';
import { checkNumbers, FRACTION, NOT_NEGATIVE } from './check-numbers.ts';
import { RuleOptimizer } from './rule-optimizer.ts';
import { decayed, movingAverage, stepEach } from './tensor-step.ts';

export interface NadamOptions extends Omit<AdamOptions, 'amsgrad'> {
  /** ψ: how fast the momentum rises to b1. @default 0.004 */
  readonly momentumDecay?: number;
  /** Decay the weights as AdamW does instead of through the gradient. @default false */
  readonly decoupledWeightDecay?: boolean;
}

/** NAdam with torch.optim.NAdam's numbers. */
export function nadam(options: NadamOptions): Optimizer {
  const { b1 = 0.9, b2 = 0.999, eps = 1e-8, weightDecay = 0 } = options;
  const { momentumDecay = 0.004, decoupledWeightDecay = false } = options;
  checkNumbers('nadam', {
    b1: [b1, FRACTION],
    b2: [b2, FRACTION],
    eps: [eps, NOT_NEGATIVE],
    momentumDecay: [momentumDecay, NOT_NEGATIVE],
  });
  const momentumOf = (count: number) => b1 * (1 - 0.5 * 0.96 ** (count * momentumDecay));
  return new RuleOptimizer(
    {
      name: 'nadam',
      state: ({ shape }) => ({ mu: shape, nu: shape }),
      numbers: { momentumProduct: 1 },
      begin: ({ momentumProduct = NaN }, { count }) => ({
        momentumProduct: momentumProduct * momentumOf(count),
      }),
      update: (step) => {
        const { count, learningRate, numbers } = step;
        const { momentumProduct: product = NaN } = numbers;
        const next = momentumOf(count + 1);
        const ofGradient = (learningRate * (1 - momentumOf(count))) / (1 - product);
        const ofMomentum = (learningRate * next) / (1 - product * next);
        stepEach(step, { l2: !decoupledWeightDecay }, ({ g, p, state, entry }) => {
          const mu = movingAverage(state['mu']!, g, b1);
          const nu = movingAverage(state['nu']!, tf.square(g), b2);
          const root = tf.add(tf.sqrt(tf.div(nu, 1 - b2 ** count)), eps);
          const move = tf.div(tf.add(tf.mul(g, ofGradient), tf.mul(mu, ofMomentum)), root);
          const start = decoupledWeightDecay ? decayed(p, learningRate, entry.weightDecay) : p;
          return { mu, nu, p: tf.sub(start, move) };
        });
      },
    },
    { ...options, weightDecay },
  );
}
