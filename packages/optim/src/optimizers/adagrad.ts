// AdaGrad (Duchi et al. 2011), in the form and with the numbers of torch.optim.Adagrad:
//   g ← g + λ·p;   s ← s + g²;   p ← p − lr/(1 + (t−1)·decay) · g / (√s + eps)
// The sum only grows, so steps shrink: good for sparse features, too early an end for long runs.

import { tf } from '@llm/tensor';
import type { Optimizer } from '../optimizer.ts';
import { checkNumbers, NOT_NEGATIVE } from './check-numbers.ts';
import type { GroupOptions } from './parameter-groups.ts';
import { RuleOptimizer } from './rule-optimizer.ts';
import { stepEach } from './tensor-step.ts';

export interface AdagradOptions extends GroupOptions {
  /** The rate of step t is learningRate / (1 + (t−1)·learningRateDecay). @default 0 */
  readonly learningRateDecay?: number;
  /** The sum of squares before the first step. @default 0 */
  readonly initialAccumulator?: number;
  /** Added to the root of the sum. @default 1e-10 */
  readonly eps?: number;
  /** λ: added to the gradient as λ·p. @default 0 */
  readonly weightDecay?: number;
}

/** AdaGrad with torch.optim.Adagrad's numbers. */
export function adagrad(options: AdagradOptions): Optimizer {
  const { learningRateDecay = 0, initialAccumulator = 0, eps = 1e-10, weightDecay = 0 } = options;
  checkNumbers('adagrad', {
    learningRateDecay: [learningRateDecay, NOT_NEGATIVE],
    initialAccumulator: [initialAccumulator, NOT_NEGATIVE],
    eps: [eps, NOT_NEGATIVE],
  });
  return new RuleOptimizer(
    {
      name: 'adagrad',
      state: ({ shape }) => ({ sum: shape }),
      initial: (_name, { shape }) => tf.fill(shape, initialAccumulator),
      update: (step) => {
        const rate = step.learningRate / (1 + (step.count - 1) * learningRateDecay);
        stepEach(step, { l2: true }, ({ g, p, state }) => {
          const sum = tf.add(state['sum']!, tf.square(g));
          return { sum, p: tf.sub(p, tf.div(tf.mul(g, rate), tf.add(tf.sqrt(sum), eps))) };
        });
      },
    },
    { ...options, weightDecay },
  );
}
