// Learning-rate schedules: pure functions of the number of updates already made (0 before the first).
// They give the numbers of Transformers' get_{constant,linear,cosine}_schedule_with_warmup for the same step:
// the rate rises linearly from 0 over `warmupSteps` updates, then stays, falls linearly, or follows a cosine.

import { ConfigError } from '../errors.ts';

/** Learning rate of the update that follows `step` updates. */
export type Schedule = (step: number) => number;

export interface ConstantOptions {
  /** The rate after warm-up. */
  readonly learningRate: number;
  /** Updates over which the rate rises from 0. @default 0 */
  readonly warmupSteps?: number;
}

export interface DecayOptions extends ConstantOptions {
  /** Updates of the whole run, warm-up included. */
  readonly steps: number;
  /** The rate that decay ends at. @default 0 */
  readonly minLearningRate?: number;
}

export interface CosineOptions extends DecayOptions {
  /** Waves of the cosine; one half goes from the peak to the minimum once. @default 0.5 */
  readonly cycles?: number;
}

/** The same rate for ever, after warm-up. */
export function constant(options: ConstantOptions): Schedule {
  return withWarmup('constant', options, () => options.learningRate);
}

/** From the peak to minLearningRate in a straight line. */
export function linear(options: DecayOptions): Schedule {
  return withDecay('linear', options, (progress) => 1 - progress);
}

/** From the peak to minLearningRate along a cosine (Loshchilov & Hutter 2016, SGDR, eq. 5). */
export function cosine(options: CosineOptions): Schedule {
  const { cycles = 0.5 } = options;
  const shape = (progress: number) => 0.5 * (1 + Math.cos(2 * Math.PI * cycles * progress));
  return withDecay('cosine', options, (progress) => Math.max(0, shape(progress)));
}

/** `shape` goes from 1 to 0 as progress goes from 0 (end of warm-up) to 1 (end of the run). */
function withDecay(
  name: string,
  options: DecayOptions,
  shape: (progress: number) => number,
): Schedule {
  const { learningRate, warmupSteps = 0, steps, minLearningRate = 0 } = options;
  checkOption(name, 'steps', steps, steps > 0, 'a number > 0');
  return withWarmup(name, options, (step) => {
    const progress = Math.min(1, (step - warmupSteps) / Math.max(1, steps - warmupSteps));
    return minLearningRate + (learningRate - minLearningRate) * shape(progress);
  });
}

/** Rises linearly from 0, then follows `after`, which gets the number of the step itself. */
export function withWarmup(name: string, options: ConstantOptions, after: Schedule): Schedule {
  const { learningRate, warmupSteps = 0 } = options;
  checkOption(name, 'learningRate', learningRate, learningRate >= 0, 'a number ≥ 0');
  checkOption(name, 'warmupSteps', warmupSteps, warmupSteps >= 0, 'a number ≥ 0');
  return (step) =>
    step < warmupSteps ? (learningRate * step) / Math.max(1, warmupSteps) : after(step);
}

/** @throws ConfigError that names the schedule and the option */
export function checkOption(
  name: string,
  option: string,
  value: number,
  isFine: boolean,
  expected: string,
): void {
  if (isFine && Number.isFinite(value)) return;
  throw new ConfigError(`${name}: ${option}: expected ${expected}, got ${value}.`);
}
