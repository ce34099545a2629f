import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  constant,
  cosine,
  cosineWithRestarts,
  exponentialDecay,
  inverseSqrt,
  linear,
  oneCycle,
  polynomial,
  reduceOnPlateau,
  stepDecay,
  warmupStableDecay,
  type Schedule,
} from '../index.ts';

// The rates that Transformers' schedulers give (tools/fixtures/optim_adamw.py).
const url = new URL('../../fixtures/schedules.json', import.meta.url);
const golden = JSON.parse(readFileSync(url, 'utf8')) as {
  learningRate: number;
  warmupSteps: number;
  steps: number;
  plateau: { values: number[]; rates: number[] };
} & Record<Names, number[]>;
type Names =
  | 'constant'
  | 'linear'
  | 'cosine'
  | 'cosineWithoutWarmup'
  | 'cosineWithRestarts'
  | 'cosineWithMin'
  | 'polynomial'
  | 'inverseSqrt'
  | 'inverseSqrtTimescale'
  | 'wsd'
  | 'wsdCosineSqrt'
  | 'wsdSqrtLinear'
  | 'stepDecay'
  | 'exponentialDecay'
  | 'oneCycle'
  | 'oneCycleLinear';
const { learningRate, warmupSteps, steps } = golden;
const peak = { learningRate, warmupSteps, steps };
const wsd = { ...peak, decaySteps: 5 };
const low = { ...wsd, minLearningRate: 0.03 };

const cases: [string, Schedule, readonly number[]][] = [
  ['constant', constant({ learningRate, warmupSteps }), golden.constant],
  ['linear', linear({ learningRate, warmupSteps, steps }), golden.linear],
  ['cosine', cosine({ learningRate, warmupSteps, steps }), golden.cosine],
  ['cosine without warm-up', cosine({ learningRate, steps }), golden.cosineWithoutWarmup],
  ['cosine to a minimum', cosine({ ...peak, minLearningRate: 0.05 }), golden.cosineWithMin],
  ['cosine with restarts', cosineWithRestarts({ ...peak, restarts: 3 }), golden.cosineWithRestarts],
  ['polynomial', polynomial({ ...peak, minLearningRate: 0.01, power: 2 }), golden.polynomial],
  ['inverse root', inverseSqrt({ learningRate, warmupSteps }), golden.inverseSqrt],
  ['inverse root, 7', inverseSqrt({ learningRate, timescale: 7 }), golden.inverseSqrtTimescale],
  ['warm-up, stable, decay', warmupStableDecay(wsd), golden.wsd],
  ['1 − √', warmupStableDecay({ ...low, warmup: 'cosine', decay: '1-sqrt' }), golden.wsdCosineSqrt],
  [
    'linear',
    warmupStableDecay({ ...low, warmup: '1-sqrt', decay: 'linear' }),
    golden.wsdSqrtLinear,
  ],
  ['steps', stepDecay({ learningRate, every: 4, factor: 0.5 }), golden.stepDecay],
  ['exponential', exponentialDecay({ learningRate, factor: 0.8 }), golden.exponentialDecay],
  ['one cycle', oneCycle({ learningRate, steps }), golden.oneCycle],
  [
    'one linear cycle',
    oneCycle({
      learningRate,
      steps,
      riseShare: 0.5,
      shape: 'linear',
      startDivisor: 5,
      endDivisor: 10,
    }),
    golden.oneCycleLinear,
  ],
];

describe('schedules', () => {
  it.each(cases)('%s gives the rates of Transformers and PyTorch', (_name, schedule, expected) => {
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

  it('reduce on a plateau as PyTorch does, and go on from a saved state', () => {
    const make = () =>
      reduceOnPlateau({
        learningRate,
        factor: 0.5,
        patience: 2,
        cooldown: 1,
        minLearningRate: 0.05,
      });
    let schedule = make();
    const rates = golden.plateau.values.map((value) => {
      const resumed = make();
      resumed.setState(JSON.parse(JSON.stringify(schedule.getState())) as never);
      schedule = resumed;
      schedule.observe(value);
      return schedule(0);
    });
    expect(rates).toEqual(golden.plateau.rates);
    expect(() => make().setState({})).toThrow('reduceOnPlateau: state: expected {rate, best,');
  });

  it('reduce when a value that should rise does not', () => {
    const schedule = reduceOnPlateau({ learningRate: 1, patience: 0, greaterIsBetter: true });
    const rates = [0.5, 0.6, 0.6, NaN].map((value) => (schedule.observe(value), schedule(0)));
    expect(rates).toEqual([1, 1, 0.1, 0.1 * 0.1]);
  });

  it('refuse impossible options by name', () => {
    expect(() => cosine({ learningRate: 1, steps: 0 })).toThrow(
      'cosine: steps: expected a number > 0, got 0.',
    );
    expect(() => constant({ learningRate: NaN })).toThrow('constant: learningRate: expected');
    expect(() => linear({ learningRate: 1, steps: 5, warmupSteps: -1 })).toThrow('warmupSteps');
    expect(() =>
      warmupStableDecay({ learningRate: 1, steps: 5, warmupSteps: 3, decaySteps: 3 }),
    ).toThrow('warmupStableDecay: steps: expected at least warmupSteps + decaySteps, got 5.');
    const shape = 'sine' as 'cosine';
    expect(() =>
      warmupStableDecay({ learningRate: 1, steps: 5, decaySteps: 1, decay: shape }),
    ).toThrow('shape: expected linear, cosine, 1-sqrt, got sine.');
    expect(() => oneCycle({ learningRate: 1, steps: 1 })).toThrow(
      'oneCycle: steps: expected a number ≥ 2',
    );
  });
});
