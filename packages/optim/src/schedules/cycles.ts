// PyTorch's schedules without warm-up: StepLR, ExponentialLR and OneCycleLR, for a number of updates instead of epochs.

import { checkOption, type Schedule } from './schedule.ts';

/** learningRate · factor^⌊step / every⌋ */
export function stepDecay(options: {
  readonly learningRate: number;
  /** Updates between falls. */
  readonly every: number;
  /** @default 0.1 */
  readonly factor?: number;
}): Schedule {
  const { learningRate, every, factor = 0.1 } = options;
  checkOption('stepDecay', 'learningRate', learningRate, learningRate >= 0, 'a number ≥ 0');
  checkOption('stepDecay', 'every', every, every >= 1, 'a number ≥ 1');
  checkOption('stepDecay', 'factor', factor, factor > 0, 'a number > 0');
  return (step) => learningRate * factor ** Math.floor(step / every);
}

/** learningRate · factor^step */
export function exponentialDecay(options: {
  readonly learningRate: number;
  /** Below 1; 0.999 halves the rate every 693 updates. */
  readonly factor: number;
}): Schedule {
  const { learningRate, factor } = options;
  checkOption('exponentialDecay', 'learningRate', learningRate, learningRate >= 0, 'a number ≥ 0');
  checkOption('exponentialDecay', 'factor', factor, factor > 0, 'a number > 0');
  return (step) => learningRate * factor ** step;
}

export interface OneCycleOptions {
  /** The peak. */
  readonly learningRate: number;
  readonly steps: number;
  /** Share of the run that rises. @default 0.3 */
  readonly riseShare?: number;
  /** The first rate is the peak divided by it. @default 25 */
  readonly startDivisor?: number;
  /** The last rate is the first one divided by it. @default 1e4 */
  readonly endDivisor?: number;
  /** @default 'cosine' */
  readonly shape?: 'cosine' | 'linear';
}

/** Up and down once (Smith & Topin 2018, Super-Convergence), with torch's OneCycleLR's rates; momentum stays as it is. */
export function oneCycle(options: OneCycleOptions): Schedule {
  const { learningRate, steps, riseShare = 0.3, startDivisor = 25, endDivisor = 1e4 } = options;
  const { shape = 'cosine' } = options;
  checkOption('oneCycle', 'learningRate', learningRate, learningRate >= 0, 'a number ≥ 0');
  checkOption('oneCycle', 'steps', steps, steps >= 2, 'a number ≥ 2');
  checkOption('oneCycle', 'riseShare', riseShare, riseShare > 0 && riseShare < 1, 'in (0, 1)');
  checkOption('oneCycle', 'startDivisor', startDivisor, startDivisor > 0, 'a number > 0');
  checkOption('oneCycle', 'endDivisor', endDivisor, endDivisor > 0, 'a number > 0');
  const first = learningRate / startDivisor;
  const last = first / endDivisor;
  const top = riseShare * steps - 1;
  const end = steps - 1;
  return (step) => {
    if (step <= top) return ramp(shape, first, learningRate, step / top);
    return ramp(shape, learningRate, last, Math.min(1, (step - top) / (end - top)));
  };
}

/** From `start` to `end` as progress goes from 0 to 1. */
function ramp(shape: 'cosine' | 'linear', start: number, end: number, progress: number): number {
  if (shape === 'linear') return start + (end - start) * progress;
  return end + ((start - end) / 2) * (Math.cos(Math.PI * progress) + 1);
}
