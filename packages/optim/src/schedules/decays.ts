// More shapes of decay after warm-up, with the numbers of Transformers' get_polynomial_decay_schedule_with_warmup,
// get_inverse_sqrt_schedule, get_cosine_with_hard_restarts_schedule_with_warmup and get_wsd_schedule.

import { ConfigError } from '../errors.ts';
import {
  checkOption,
  withWarmup,
  type ConstantOptions,
  type DecayOptions,
  type Schedule,
} from './schedule.ts';

export interface PolynomialOptions extends DecayOptions {
  /** The rate that decay ends at. @default 1e-7 */
  readonly minLearningRate?: number;
  /** Exponent: 1 is a straight line, 2 falls fast first. @default 1 */
  readonly power?: number;
}

/** (1 − progress)^power between the peak and minLearningRate, then minLearningRate. */
export function polynomial(options: PolynomialOptions): Schedule {
  const { learningRate, warmupSteps = 0, steps, minLearningRate = 1e-7, power = 1 } = options;
  checkOption('polynomial', 'steps', steps, steps > warmupSteps, 'a number > warmupSteps');
  checkOption('polynomial', 'power', power, power > 0, 'a number > 0');
  return withWarmup('polynomial', options, (step) => {
    if (step > steps) return minLearningRate;
    const remaining = 1 - (step - warmupSteps) / (steps - warmupSteps);
    return minLearningRate + (learningRate - minLearningRate) * remaining ** power;
  });
}

export interface InverseSqrtOptions extends ConstantOptions {
  /** Steps after which the rate has fallen by √2, counted from the peak. @default warmupSteps, or 10000 without */
  readonly timescale?: number;
}

/** peak · √(timescale / (timescale + steps since warm-up)), as T5 and the original Transformer train. */
export function inverseSqrt(options: InverseSqrtOptions): Schedule {
  const { learningRate, warmupSteps = 0 } = options;
  const { timescale = warmupSteps || 10_000 } = options;
  checkOption('inverseSqrt', 'timescale', timescale, timescale > 0, 'a number > 0');
  return withWarmup(
    'inverseSqrt',
    options,
    (step) => learningRate / Math.sqrt((step - warmupSteps + timescale) / timescale),
  );
}

export interface RestartOptions extends DecayOptions {
  /** Times that the cosine falls from the peak. @default 1 */
  readonly restarts?: number;
}

/** A cosine that starts anew (Loshchilov & Hutter 2016, SGDR). */
export function cosineWithRestarts(options: RestartOptions): Schedule {
  const { learningRate, warmupSteps = 0, steps, minLearningRate = 0, restarts = 1 } = options;
  checkOption('cosineWithRestarts', 'steps', steps, steps > 0, 'a number > 0');
  checkOption('cosineWithRestarts', 'restarts', restarts, restarts > 0, 'a number > 0');
  return withWarmup('cosineWithRestarts', options, (step) => {
    const progress = (step - warmupSteps) / Math.max(1, steps - warmupSteps);
    const wave = 0.5 * (1 + Math.cos(Math.PI * ((restarts * progress) % 1)));
    return minLearningRate + (progress >= 1 ? 0 : (learningRate - minLearningRate) * wave);
  });
}

/** How a rate moves between two levels. */
export type RampShape = 'linear' | 'cosine' | '1-sqrt';

export interface WarmupStableDecayOptions extends Omit<DecayOptions, 'warmupSteps'> {
  /** @default 0 */
  readonly warmupSteps?: number;
  /** Updates of the decay at the end. */
  readonly decaySteps: number;
  /** Both ends of the run. @default 0 */
  readonly minLearningRate?: number;
  /** @default 'linear' */
  readonly warmup?: RampShape;
  /** '1-sqrt' did best in Hägele et al. 2024. @default 'cosine' */
  readonly decay?: RampShape;
}

/** Rises, stays, and falls only at the end (MiniCPM, Hu et al. 2024): a run can be prolonged from its middle. */
export function warmupStableDecay(options: WarmupStableDecayOptions): Schedule {
  const name = 'warmupStableDecay';
  const { learningRate, warmupSteps = 0, steps, decaySteps, minLearningRate = 0 } = options;
  const { warmup = 'linear', decay = 'cosine' } = options;
  checkOption(name, 'warmupSteps', warmupSteps, warmupSteps >= 0, 'a number ≥ 0');
  checkOption(name, 'decaySteps', decaySteps, decaySteps > 0, 'a number > 0');
  checkOption(name, 'learningRate', learningRate, learningRate >= 0, 'a number ≥ 0');
  const stableEnd = steps - decaySteps;
  checkOption(name, 'steps', steps, stableEnd >= warmupSteps, 'at least warmupSteps + decaySteps');
  const [rise, fall] = [shapeOf(name, RISES, warmup), shapeOf(name, FALLS, decay)];
  const between = (share: number) => minLearningRate + (learningRate - minLearningRate) * share;
  return (step) => {
    if (step < warmupSteps) return between(rise(step / warmupSteps));
    if (step < stableEnd) return learningRate;
    if (step >= steps) return minLearningRate;
    return between(fall((step - stableEnd) / decaySteps));
  };
}

type Ramp = (progress: number) => number;

/** From 0 to 1 as progress goes from 0 to 1. */
const RISES: Readonly<Record<RampShape, Ramp>> = {
  linear: (progress) => progress,
  cosine: (progress) => 0.5 * (1 - Math.cos(Math.PI * progress)),
  '1-sqrt': (progress) => 1 - Math.sqrt(1 - progress),
};

/** From 1 to 0. */
const FALLS: Readonly<Record<RampShape, Ramp>> = {
  linear: (progress) => 1 - progress,
  cosine: (progress) => 0.5 * (1 + Math.cos(Math.PI * progress)),
  '1-sqrt': (progress) => 1 - Math.sqrt(progress),
};

function shapeOf(name: string, shapes: Readonly<Record<RampShape, Ramp>>, shape: RampShape): Ramp {
  const found = shapes[shape];
  if (found) return found;
  const names = Object.keys(shapes).join(', ');
  throw new ConfigError(`${name}: shape: expected ${names}, got ${String(shape)}.`);
}
