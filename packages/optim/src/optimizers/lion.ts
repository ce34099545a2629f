// Lion (Chen et al. 2023, Symbolic Discovery of Optimization Algorithms, algorithm 2): every number moves by the
// learning rate, in the direction of sign(b1·m + (1−b1)·g). One state tensor, half of Adam's.
// Take a learning rate 3 to 10 times smaller than AdamW's and a decay as many times larger (section 5).

import { lionStep } from '@llm/tensor';
import type { Optimizer } from '../optimizer.ts';
import { checkNumbers, FRACTION } from './check-numbers.ts';
import type { GroupOptions } from './parameter-groups.ts';
import { RuleOptimizer } from './rule-optimizer.ts';
import type { Rule } from './rule.ts';

export interface LionOptimizerOptions extends GroupOptions {
  /** Share of the momentum in the direction, [0, 1). @default 0.9 */
  readonly b1?: number;
  /** Decay of the momentum, [0, 1). @default 0.99 */
  readonly b2?: number;
  /** Decoupled, relative to the learning rate. @default 0 */
  readonly weightDecay?: number;
}

/** Lion in one kernel call in place. */
export function lion(options: LionOptimizerOptions): Optimizer {
  const { b1 = 0.9, b2 = 0.99, weightDecay = 0 } = options;
  checkNumbers('lion', { b1: [b1, FRACTION], b2: [b2, FRACTION] });
  const rule: Rule = {
    name: 'lion',
    state: ({ shape }) => ({ momentum: shape }),
    update: ({ learningRate, gradScale, entries }) => {
      const tensors = {
        params: entries.map(({ parameter }) => parameter),
        grads: entries.map(({ grad }) => grad),
        mu: entries.map(({ state }) => state['momentum']!),
      };
      const decays = entries.map((entry) => entry.weightDecay);
      lionStep(tensors, { learningRate, gradScale, b1, b2, weightDecay: decays });
    },
  };
  return new RuleOptimizer(rule, { ...options, weightDecay });
}
