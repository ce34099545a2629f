// Adafactor (Shazeer & Stern 2018, algorithms 4 to 6), in the form and with the numbers of Transformers' Adafactor:
// the second moment of a matrix is kept as the means of its rows and columns, so state is almost nothing.
//   R ← b2t·R + (1−b2t)·mean_cols(g² + eps);   C likewise over rows;   ν ≈ R·C / mean(R);   b2t = 1 − t^decayRate
//   u = g/√ν;   u ← u / max(1, rms(u)/clip);   p ← p − lr·u

import { tf, type Tensor, type Variable } from '@llm/tensor';
import { ConfigError } from '../errors.ts';
import type { Optimizer } from '../optimizer.ts';
import { checkNumbers, FRACTION, NOT_NEGATIVE, POSITIVE } from './check-numbers.ts';
import type { GroupOptions } from './parameter-groups.ts';
import { RuleOptimizer } from './rule-optimizer.ts';
import type { ParameterState, RuleStep } from './rule.ts';
import { movingAverage, stepEach } from './tensor-step.ts';

export interface AdafactorOptions extends GroupOptions {
  /** Exponent of the second moment's decay, < 0. @default -0.8 */
  readonly decayRate?: number;
  /** Added to the squared gradient. @default 1e-30 */
  readonly eps?: number;
  /** Least size of a parameter where steps are relative to it. @default 1e-3 */
  readonly leastScale?: number;
  /** Root mean square that an update is cut to. @default 1 */
  readonly clipThreshold?: number;
  /** Decay of a first moment; without it none is kept. */
  readonly b1?: number;
  /** Decoupled, relative to the learning rate. @default 0 */
  readonly weightDecay?: number;
  /** Multiply the rate by the parameter's root mean square. @default false, as Transformers' Trainer */
  readonly scaleParameter?: boolean;
  /** The rate of step t is min(1e-2, 1/√t); `learningRate` is then not looked at. @default false, likewise */
  readonly relativeStep?: boolean;
}

/** Adafactor with the numbers of Transformers' class of that name (there `scale_parameter` and `relative_step` are true by default). */
export function adafactor(options: AdafactorOptions): Optimizer {
  const { weightDecay = 0, decayRate = -0.8, eps = 1e-30, leastScale = 1e-3 } = options;
  const { clipThreshold = 1, b1, scaleParameter = false, relativeStep = false } = options;
  checkNumbers('adafactor', {
    eps: [eps, NOT_NEGATIVE],
    leastScale: [leastScale, NOT_NEGATIVE],
    clipThreshold: [clipThreshold, POSITIVE],
    b1: [b1 ?? 0, FRACTION],
  });
  if (!(decayRate < 0)) {
    throw new ConfigError(`adafactor: decayRate: expected a number < 0, got ${decayRate}.`);
  }
  const numbers = { decayRate, eps, leastScale, clipThreshold, b1, scaleParameter, relativeStep };
  return new RuleOptimizer(
    {
      name: 'adafactor',
      state: ({ shape }) => ({
        ...secondMomentShapes(shape),
        ...(b1 !== undefined && { mu: shape }),
      }),
      update: (step) => adafactorStep(step, numbers),
    },
    { ...options, weightDecay },
  );
}

interface AdafactorNumbers {
  readonly decayRate: number;
  readonly eps: number;
  readonly leastScale: number;
  readonly clipThreshold: number;
  readonly b1: number | undefined;
  readonly scaleParameter: boolean;
  readonly relativeStep: boolean;
}

/** Of [.., I, J]: rows [.., I] and cols [.., J]; of a vector: nu, whole. */
function secondMomentShapes(shape: readonly number[]): Record<string, readonly number[]> {
  if (shape.length < 2) return { nu: shape };
  return { rows: shape.slice(0, -1), cols: [...shape.slice(0, -2), shape[shape.length - 1]!] };
}

function adafactorStep(step: RuleStep, numbers: AdafactorNumbers): void {
  const { decayRate, eps, clipThreshold, b1 } = numbers;
  const keep = 1 - step.count ** decayRate;
  stepEach(step, { l2: false }, ({ g, p, state, entry }) => {
    const squares = tf.add(tf.square(g), eps);
    const second =
      g.rank < 2
        ? { nu: movingAverage(state['nu']!, squares, keep) }
        : factored(state, squares, keep);
    const raw = tf.mul(g, 'nu' in second ? tf.rsqrt(second.nu) : inverseRoot(second));
    const excess = tf.maximum(1, tf.div(rootMeanSquare(raw), clipThreshold));
    const rate = rateOf(p, step, numbers);
    const moved = tf.mul(tf.div(raw, excess), rate);
    const mu = b1 === undefined ? undefined : movingAverage(state['mu']!, moved, b1);
    const { weightDecay } = entry;
    const start = weightDecay === 0 ? p : tf.sub(p, tf.mul(p, tf.mul(rate, weightDecay)));
    return { ...second, ...(mu && { mu }), p: tf.sub(start, mu ?? moved) };
  });
}

function factored(
  state: ParameterState,
  squares: Tensor,
  keep: number,
): { rows: Tensor; cols: Tensor } {
  return {
    rows: movingAverage(state['rows']!, tf.mean(squares, -1), keep), // [.., I]
    cols: movingAverage(state['cols']!, tf.mean(squares, -2), keep), // [.., J]
  };
}

/** 1/√ν of ν ≈ rows·cols/mean(rows), [.., I, J] */
function inverseRoot({ rows, cols }: { rows: Tensor; cols: Tensor }): Tensor {
  const relative = tf.rsqrt(tf.div(rows, tf.mean(rows, -1, true)));
  return tf.mul(tf.expandDims(relative, -1), tf.expandDims(tf.rsqrt(cols), -2));
}

/** A scalar. */
function rateOf(p: Variable, step: RuleStep, numbers: AdafactorNumbers): Tensor {
  const { relativeStep, scaleParameter, leastScale } = numbers;
  const rate = relativeStep ? Math.min(1e-2, 1 / Math.sqrt(step.count)) : step.learningRate;
  if (!scaleParameter) return tf.scalar(rate);
  return tf.mul(tf.maximum(rootMeanSquare(p), leastScale), rate);
}

function rootMeanSquare(x: Tensor): Tensor {
  return tf.sqrt(tf.mean(tf.square(x)));
}
