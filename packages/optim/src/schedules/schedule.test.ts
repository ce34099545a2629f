import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { constant, cosine, linear, type Schedule } from '../index.ts';

// The rates that Transformers' schedulers give (tools/fixtures/optim_adamw.py).
const url = new URL('../../fixtures/schedules.json', import.meta.url);
const golden = JSON.parse(readFileSync(url, 'utf8')) as {
  learningRate: number;
  warmupSteps: number;
  steps: number;
} & Record<'constant' | 'linear' | 'cosine' | 'cosineWithoutWarmup', number[]>;
const { learningRate, warmupSteps, steps } = golden;

const cases: [string, Schedule, readonly number[]][] = [
  ['constant', constant({ learningRate, warmupSteps }), golden.constant],
  ['linear', linear({ learningRate, warmupSteps, steps }), golden.linear],
  ['cosine', cosine({ learningRate, warmupSteps, steps }), golden.cosine],
  ['cosine without warm-up', cosine({ learningRate, steps }), golden.cosineWithoutWarmup],
];

describe('schedules', () => {
  it.each(cases)('%s gives the rates of Transformers', (_name, schedule, expected) => {
    expected.forEach((rate, step) => expect(schedule(step)).toBeCloseTo(rate, 14));
  });

  it('end at the minimum and stay there', () => {
    for (const make of [linear, cosine]) {
      const schedule = make({ learningRate: 1, steps: 10, minLearningRate: 0.1 });
      expect(schedule(0)).toBe(1);
      expect(schedule(5)).toBeCloseTo(0.55, 14);
      expect(schedule(10)).toBeCloseTo(0.1, 14);
      expect(schedule(99)).toBeCloseTo(0.1, 14);
    }
  });

  it('refuse impossible options by name', () => {
    expect(() => cosine({ learningRate: 1, steps: 0 })).toThrow(
      'cosine: steps: expected a number > 0, got 0.',
    );
    expect(() => constant({ learningRate: NaN })).toThrow('constant: learningRate: expected');
    expect(() => linear({ learningRate: 1, steps: 5, warmupSteps: -1 })).toThrow('warmupSteps');
  });
});
