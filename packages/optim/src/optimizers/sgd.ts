// Stochastic gradient descent, in the form and with the numbers of torch.optim.SGD:
//   g ← g + λ·p;   m ← momentum·m + (1 − dampening)·g  (g in the first step)
//   p ← p − lr·m,  or p − lr·(g + momentum·m) with Nesterov's look ahead (Sutskever et al. 2013)
// What a "batch" is decides between batch, stochastic and mini-batch descent: the whole data, one example, or some.

import { sgdMomentumStep, tf } from '@llm/tensor';
import { ConfigError } from '../errors.ts';
import type { Optimizer } from '../optimizer.ts';
import { checkNumbers, FRACTION } from './check-numbers.ts';
import type { GroupOptions } from './parameter-groups.ts';
import { RuleOptimizer } from './rule-optimizer.ts';
import type { Rule } from './rule.ts';
import { stepEach } from './tensor-step.ts';

export interface SgdOptions extends GroupOptions {
  /** How much of the last steps' direction stays, [0, 1). @default 0 */
  readonly momentum?: number;
  /** How much less than the whole gradient enters the momentum, [0, 1). @default 0 */
  readonly dampening?: number;
  /** Needs momentum, and no dampening. @default false */
  readonly nesterov?: boolean;
  /** λ: added to the gradient as λ·p. @default 0 */
  readonly weightDecay?: number;
}

/** SGD with torch.optim.SGD's numbers; with momentum one kernel call in place, and one state tensor. */
export function sgd(options: SgdOptions): Optimizer {
  const { momentum = 0, dampening = 0, nesterov = false, weightDecay = 0 } = options;
  checkNumbers('sgd', { momentum: [momentum, FRACTION], dampening: [dampening, FRACTION] });
  if (nesterov && (momentum === 0 || dampening !== 0)) {
    throw new ConfigError(
      `sgd: nesterov: expected momentum > 0 and dampening 0 with it, got ${momentum} and ${dampening}.`,
    );
  }
  const rule = momentum === 0 ? plain : withMomentum({ momentum, dampening, nesterov });
  return new RuleOptimizer(rule, { ...options, weightDecay });
}

const plain: Rule = {
  name: 'sgd',
  state: () => ({}),
  update: (step) =>
    stepEach(step, { l2: true }, ({ g, p }) => ({ p: tf.sub(p, tf.mul(g, step.learningRate)) })),
};

function withMomentum(numbers: {
  readonly momentum: number;
  readonly dampening: number;
  readonly nesterov: boolean;
}): Rule {
  return {
    name: 'sgd',
    state: ({ shape }) => ({ momentum: shape }),
    update: ({ count, learningRate, gradScale, entries }) => {
      const tensors = {
        params: entries.map(({ parameter }) => parameter),
        grads: entries.map(({ grad }) => grad),
        mu: entries.map(({ state }) => state['momentum']!),
      };
      const l2 = entries.map(({ weightDecay }) => weightDecay);
      sgdMomentumStep(tensors, { step: count, learningRate, gradScale, l2, ...numbers });
    },
  };
}
