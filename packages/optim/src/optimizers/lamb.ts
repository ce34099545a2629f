// LAMB (You et al. 2020, Large Batch Optimization for Deep Learning, algorithm 2): AdamW whose step for each tensor is
// as long as the tensor itself times the learning rate, so that batches of many thousands still train.
//   r = µ̂/(√ν̂ + eps) + λ·p;   p ← p − lr · ‖p‖/‖r‖ · r   (factor 1 where a norm is 0)

import { tf, type Tensor } from '@llm/tensor';
import type { Optimizer } from '../optimizer.ts';
import type { AdamOptions } from './adam.ts';
import { checkNumbers, FRACTION, NOT_NEGATIVE } from './check-numbers.ts';
import { RuleOptimizer } from './rule-optimizer.ts';
import { movingAverage, stepEach } from './tensor-step.ts';

/** `weightDecay` is decoupled from the moments. `eps` @default 1e-6 */
export type LambOptions = Omit<AdamOptions, 'amsgrad'>;

/** LAMB with the paper's formula. */
export function lamb(options: LambOptions): Optimizer {
  const { b1 = 0.9, b2 = 0.999, eps = 1e-6, weightDecay = 0 } = options;
  checkNumbers('lamb', { b1: [b1, FRACTION], b2: [b2, FRACTION], eps: [eps, NOT_NEGATIVE] });
  return new RuleOptimizer(
    {
      name: 'lamb',
      state: ({ shape }) => ({ mu: shape, nu: shape }),
      update: (step) => {
        const { count, learningRate } = step;
        stepEach(step, { l2: false }, ({ g, p, state, entry }) => {
          const mu = movingAverage(state['mu']!, g, b1);
          const nu = movingAverage(state['nu']!, tf.square(g), b2);
          const root = tf.add(tf.sqrt(tf.div(nu, 1 - b2 ** count)), eps);
          const adam = tf.div(tf.div(mu, 1 - b1 ** count), root);
          const move = tf.add(adam, tf.mul(p, entry.weightDecay));
          return { mu, nu, p: tf.sub(p, tf.mul(move, tf.mul(trustRatio(p, move), learningRate))) };
        });
      },
    },
    { ...options, weightDecay },
  );
}

/** ‖p‖/‖move‖, or 1 where one of them is 0; a scalar. */
function trustRatio(p: Tensor, move: Tensor): Tensor {
  const [size, length] = [tf.norm(p), tf.norm(move)];
  const isUsable = tf.logicalAnd(tf.greater(size, 0), tf.greater(length, 0));
  return tf.where(isUsable, tf.div(size, length), tf.onesLike(size));
}
