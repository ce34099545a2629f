// Muon (Jordan et al. 2024, "Muon: an optimizer for hidden layers"): momentum whose matrix is replaced by the nearest
// orthogonal one, so that all directions move alike. The formula and numbers of torch.optim.Muon, but in float32
// throughout where torch multiplies in bfloat16:
//   m ← momentum·m + (1−momentum)·g;   u = (1−momentum)·g + momentum·m (Nesterov);   p ← p − lr·λ·p − lr·a·NS(u)
// Newton–Schulz: X ← a·X + (b·A + c·A²)·X with A = X·Xᵀ, five times from X = u/‖u‖.
// Embeddings, the output head, norms and biases are no linear maps between hidden states: AdamW takes those.

import { tf, type Tensor, type Variable } from '@llm/tensor';
import { ConfigError } from '../errors.ts';
import type { Optimizer } from '../optimizer.ts';
import { adamw, type AdamWOptions } from './adamw.ts';
import { checkNumbers, FRACTION } from './check-numbers.ts';
import type { GroupOptions } from './parameter-groups.ts';
import { RuleOptimizer } from './rule-optimizer.ts';
import { SplitOptimizer } from './split-optimizer.ts';
import { decayed, movingAverage, stepEach } from './tensor-step.ts';

/** Jordan's coefficients: steep at 0, so singular values end between about 0.7 and 1.2 after five iterations. */
const [A, B, C] = [3.4445, -4.775, 2.0315] as const;
/** Keeps the division finite for a zero gradient. */
const EPS = 1e-7;

export interface MuonOptions extends GroupOptions {
  /** [0, 1). @default 0.95 */
  readonly momentum?: number;
  /** @default true */
  readonly nesterov?: boolean;
  /** Iterations of Newton–Schulz. @default 5 */
  readonly nsSteps?: number;
  /** Decoupled, relative to the learning rate. @default 0.1 */
  readonly weightDecay?: number;
  /**
   * How a matrix [O, I] scales the rate. `original`: √max(1, O/I); `match-rms-adamw`: 0.2·√max(O, I), which lets
   * AdamW's rates and decay be kept (Moonshot's Moonlight, 2025). @default 'original'
   */
  readonly adjustLearningRate?: 'original' | 'match-rms-adamw';
  /** Which parameters are Muon's. @default matrices whose path names no embedding, head or score */
  readonly isHidden?: (path: string, parameter: Variable) => boolean;
  /** For all the others; a schedule scales its rate as Muon's. @default { learningRate: 3e-4 } */
  readonly adamw?: AdamWOptions;
}

/** Muon for hidden matrices, AdamW for the rest. */
export function muon(options: MuonOptions): Optimizer {
  const { isHidden = isHiddenMatrix, adamw: rest = { learningRate: 3e-4 } } = options;
  const second = adamw(rest);
  return new SplitOptimizer({ name: 'muon', first: muonOnly(options), second, isFirst: isHidden });
}

function muonOnly(options: MuonOptions): Optimizer {
  const { momentum = 0.95, nesterov = true, nsSteps = 5, weightDecay = 0.1 } = options;
  const { adjustLearningRate = 'original' } = options;
  checkNumbers('muon', {
    momentum: [momentum, FRACTION],
    nsSteps: [nsSteps, { expected: 'an integer from 1 to 99', holds: isIterations }],
  });
  return new RuleOptimizer(
    {
      name: 'muon',
      state: (parameter) => ({ momentum: matrixShape(parameter) }),
      update: (step) => {
        stepEach(step, { l2: false }, ({ g, p, state, entry }) => {
          const buffer = movingAverage(state['momentum']!, g, momentum);
          const direction = nesterov ? movingAverage(buffer, g, momentum) : buffer;
          const rate = step.learningRate * rateFactor(p.shape, adjustLearningRate);
          const move = tf.mul(orthogonalized(direction, nsSteps), rate);
          return {
            momentum: buffer,
            p: tf.sub(decayed(p, step.learningRate, entry.weightDecay), move),
          };
        });
      },
    },
    { ...options, weightDecay },
  );
}

/**
 * About the orthogonal matrix nearest to x, by Newton–Schulz.
 * @param x [O, I]
 * @returns [O, I], owned by the caller; singular values near 1
 */
export function orthogonalized(x: Tensor, iterations: number): Tensor {
  return tf.tidy(() => {
    const isTall = x.shape[0]! > x.shape[1]!;
    const wide = isTall ? tf.transpose(x) : x; // the smaller side makes the smaller products
    let y: Tensor = tf.div(wide, tf.maximum(tf.norm(wide), EPS));
    for (let i = 0; i < iterations; i++) {
      y = tf.tidy(() => {
        const gram = tf.matMul(y, y, false, true);
        const polynomial = tf.add(tf.mul(gram, B), tf.mul(tf.matMul(gram, gram), C));
        return tf.add(tf.mul(y, A), tf.matMul(polynomial, y));
      });
    }
    return isTall ? tf.transpose(y) : y;
  });
}

function rateFactor(
  [rows = 1, columns = 1]: readonly number[],
  adjust: 'original' | 'match-rms-adamw',
): number {
  if (adjust === 'match-rms-adamw') return 0.2 * Math.sqrt(Math.max(rows, columns));
  return Math.sqrt(Math.max(1, rows / columns));
}

const NOT_HIDDEN = /(embed|wte|wpe|shared|lmHead|lm_head|score|classifier|head)/i;

function isHiddenMatrix(path: string, parameter: Variable): boolean {
  return parameter.rank === 2 && !NOT_HIDDEN.test(path);
}

function isIterations(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value < 100;
}

function matrixShape({ shape, name }: Variable): readonly number[] {
  if (shape.length === 2) return shape;
  throw new ConfigError(
    `muon: ${name}: expected a matrix, got [${shape}]. Let isHidden leave it to AdamW.`,
  );
}
