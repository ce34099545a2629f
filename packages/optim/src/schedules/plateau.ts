// A schedule that lowers the rate when evaluations stop getting better, with the rules of torch's ReduceLROnPlateau.

import type { JsonValue, Resumable } from '../batches/batch-source.ts';
import { CheckpointError } from '../errors.ts';
import { checkOption, type Schedule } from './schedule.ts';

/** A schedule that listens to evaluations. Its state belongs into a checkpoint. */
export interface FeedbackSchedule extends Schedule, Resumable {
  /** Tells it the newest value of the metric that is to fall (or to rise). */
  observe(value: number): void;
}

export interface PlateauOptions {
  readonly learningRate: number;
  /** The rate is multiplied by it. @default 0.1 */
  readonly factor?: number;
  /** Evaluations without a better value before that. @default 10 */
  readonly patience?: number;
  /** By how much a value must be better, relative to the best. @default 1e-4 */
  readonly threshold?: number;
  /** Evaluations after a fall that do not count. @default 0 */
  readonly cooldown?: number;
  /** @default 0 */
  readonly minLearningRate?: number;
  /** Whether larger values are better. @default false */
  readonly greaterIsBetter?: boolean;
}

/** Falls smaller than this are not made; torch's constant. */
const LEAST_FALL = 1e-8;

interface PlateauState {
  rate: number;
  best: number | null;
  bad: number;
  cooling: number;
}

/** Lower the rate by `factor` after `patience` evaluations without progress. Needs `evaluation` in `train`. */
export function reduceOnPlateau(options: PlateauOptions): FeedbackSchedule {
  const { learningRate, factor = 0.1, patience = 10, threshold = 1e-4, cooldown = 0 } = options;
  const { minLearningRate = 0, greaterIsBetter = false } = options;
  const name = 'reduceOnPlateau';
  checkOption(name, 'learningRate', learningRate, learningRate >= 0, 'a number ≥ 0');
  checkOption(name, 'factor', factor, factor > 0 && factor < 1, 'a number in (0, 1)');
  checkOption(name, 'patience', patience, patience >= 0, 'a number ≥ 0');
  const state: PlateauState = { rate: learningRate, best: null, bad: 0, cooling: 0 };

  const isBetter = (value: number) => {
    if (state.best === null) return Number.isFinite(value);
    if (greaterIsBetter) return value > state.best * (1 + threshold);
    return value < state.best * (1 - threshold);
  };
  const observe = (value: number) => {
    if (isBetter(value)) Object.assign(state, { best: value, bad: 0 });
    else state.bad += 1;
    if (state.cooling > 0) {
      state.cooling -= 1;
      state.bad = 0;
    }
    if (state.bad <= patience) return;
    const rate = Math.max(state.rate * factor, minLearningRate);
    if (state.rate - rate > LEAST_FALL) state.rate = rate;
    Object.assign(state, { cooling: cooldown, bad: 0 });
  };
  const setState = (saved: JsonValue) => {
    const { rate, best, bad, cooling } = (saved ?? {}) as Record<string, unknown>;
    if ([rate, bad, cooling].some((value) => typeof value !== 'number')) {
      throw new CheckpointError(
        `${name}: state: expected {rate, best, bad, cooling}, got ${JSON.stringify(saved)}. ` +
          'Resume with the schedule that the run began with.',
      );
    }
    Object.assign(state, { rate, best, bad, cooling });
  };
  return Object.assign(() => state.rate, { observe, getState: () => ({ ...state }), setState });
}

/** Whether a schedule wants to hear of evaluations. */
export function isFeedback(schedule: Schedule | undefined): schedule is FeedbackSchedule {
  return schedule !== undefined && 'observe' in schedule;
}
