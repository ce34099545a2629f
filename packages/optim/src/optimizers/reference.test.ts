// Every optimizer beside its reference, on every backend (tools/fixtures/optim_optimizers.py).
import { readFileSync } from 'node:fs';
import { inspectBackends, nn, tf, useBackend, type Tensor, type Variable } from '@llm/tensor';
import { describe, expect, it } from 'vitest';
import * as optim from '../index.ts';
import type { Optimizer } from '../index.ts';

type Values = Record<string, number[]>;
interface Case {
  /** After each step. */
  params: Values[];
  /** After the last one, by state and parameter. */
  state: Record<string, Values>;
  evaluation?: Values;
}
interface Golden {
  shapes: Record<string, number[]>;
  rates: number[];
  initial: Values;
  grads: Values[];
  cases: Record<string, Case>;
  averages: Record<'ema' | 'mean', Values>;
}
const url = new URL('../../fixtures/optimizers.json', import.meta.url);
const golden = JSON.parse(readFileSync(url, 'utf8')) as Golden;

// Torch decays every parameter.
const common = { learningRate: 0.1, decay: () => true };
const decay = { ...common, weightDecay: 0.1 };
const adamw = { learningRate: 0.1 };
const MAKERS: Record<string, () => Optimizer> = {
  sgd: () => optim.sgd(decay),
  'sgd momentum dampening': () => optim.sgd({ ...decay, momentum: 0.9, dampening: 0.3 }),
  'sgd nesterov': () => optim.sgd({ ...common, momentum: 0.8, nesterov: true }),
  'sgd maximize': () => optim.sgd({ ...decay, momentum: 0.9, maximize: true }),
  adagrad: () => optim.adagrad({ ...decay, learningRateDecay: 0.1, initialAccumulator: 0.2 }),
  rmsprop: () => optim.rmsprop(decay),
  'rmsprop centered momentum': () =>
    optim.rmsprop({ ...common, alpha: 0.9, eps: 1e-4, momentum: 0.7, centered: true }),
  adadelta: () => optim.adadelta({ ...decay, rho: 0.8 }),
  adam: () => optim.adam({ ...decay, b1: 0.8, b2: 0.95, eps: 1e-6 }),
  'adam amsgrad': () => optim.adam({ ...decay, b1: 0.8, b2: 0.95, amsgrad: true }),
  adamw: () => optim.adamw(decay),
  'adamw amsgrad': () => optim.adamw({ ...decay, amsgrad: true }),
  adamax: () => optim.adamax(decay),
  nadam: () => optim.nadam(decay),
  'nadam decoupled': () =>
    optim.nadam({ ...decay, momentumDecay: 0.05, decoupledWeightDecay: true }),
  radam: () => optim.radam(decay),
  'radam decoupled': () => optim.radam({ ...decay, decoupledWeightDecay: true }),
  adafactor: () => optim.adafactor(decay),
  'adafactor scaled first moment': () =>
    optim.adafactor({ ...common, scaleParameter: true, b1: 0.9, clipThreshold: 0.5 }),
  'adafactor relative': () =>
    optim.adafactor({ ...common, scaleParameter: true, relativeStep: true }),
  lion: () => optim.lion({ ...decay, b2: 0.95 }),
  lamb: () => optim.lamb({ ...decay, b2: 0.99 }),
  'schedule free': () => optim.scheduleFreeAdamw({ ...decay, b2: 0.99, warmupSteps: 3 }),
  muon: () => optim.muon({ ...decay, adamw }),
  'muon match-rms-adamw': () =>
    optim.muon({
      ...common,
      weightDecay: 0,
      nesterov: false,
      nsSteps: 4,
      adjustLearningRate: 'match-rms-adamw',
      adamw,
    }),
};

type Named = [string, Variable][];

const parametersOf = (names: readonly string[]): Named =>
  names.map((name) => [name, nn.parameter(tf.tensor(golden.initial[name]!, golden.shapes[name]!))]);

const gradsOf = (step: number, names: readonly string[], scale = 1): Tensor[] =>
  names.map((name) =>
    tf.tensor(
      golden.grads[step]![name]!.map((g) => g * scale),
      golden.shapes[name]!,
    ),
  );

function run(optimizer: Optimizer, names: readonly string[], [from, to]: [number, number]): void {
  for (let step = from; step < to; step++) {
    const grads = gradsOf(step, names, 4);
    optimizer.step(grads, { learningRate: golden.rates[step]!, gradScale: 0.25 });
    tf.dispose(grads);
  }
}

/** Largest difference, relative to the expected value or 1. */
function distance(got: Tensor, expected: readonly number[]): number {
  const values = got.dataSync();
  expect(values).toHaveLength(expected.length);
  return Math.max(...expected.map((e, i) => Math.abs(values[i]! - e) / Math.max(1, Math.abs(e))));
}

/** Seven steps of about twenty float32 roundings (6e-8) on numbers of about 1, Newton–Schulz's growth included. */
const TOLERANCE = 1e-5;

function conformance(): void {
  const cases = Object.entries(golden.cases);

  it('has a case for every reference', () => {
    expect(Object.keys(MAKERS)).toEqual(Object.keys(golden.cases));
  });

  it.each(cases)(
    '%s: parameters after each step, and state',
    (name, { params, state, evaluation }) => {
      const before = tf.memory().numTensors;
      const names = Object.keys(params[0]!);
      const parameters = parametersOf(names);
      const optimizer = MAKERS[name]!();
      optimizer.init(parameters);
      params.forEach((expected, step) => {
        run(optimizer, names, [step, step + 1]);
        for (const [path, parameter] of parameters) {
          expect(distance(parameter, expected[path]!), `${path}, step ${step}`).toBeLessThan(
            TOLERANCE,
          );
        }
      });
      const saved = optimizer.saveState();
      for (const [stateName, byPath] of Object.entries(state)) {
        expect(Object.keys(byPath).length).toBeGreaterThan(0);
        for (const [path, expected] of Object.entries(byPath)) {
          const key = `${stateName}.${path}`;
          expect(distance(saved.get(key)!, expected), key).toBeLessThan(TOLERANCE);
        }
      }
      const weights = optimizer.evaluationWeights?.() ?? [];
      expect(weights).toHaveLength(evaluation ? names.length : 0);
      weights.forEach((weight, i) =>
        expect(distance(weight, evaluation![names[i]!]!)).toBeLessThan(TOLERANCE),
      );
      tf.dispose([...weights, ...parameters.map(([, p]) => p)]);
      optimizer.dispose();
      optimizer.dispose();
      expect(tf.memory().numTensors).toBe(before);
    },
  );

  it.each(Object.keys(MAKERS))('%s: goes on from a saved state to the same bits', (name) => {
    const names = Object.keys(golden.cases[name]!.params[0]!);
    const [first, second] = [parametersOf(names), parametersOf(names)];
    const [before, after] = [MAKERS[name]!(), MAKERS[name]!()];
    before.init(first);
    run(before, names, [0, 3]);
    after.init(second);
    first.forEach(([path, p], i) => {
      nn.assignParameter(
        second[i]![1],
        tf.tidy(() => tf.mul(p, 1)),
        path,
      );
    });
    after.loadState(before.saveState());
    after.count = before.count;
    run(before, names, [3, 7]);
    run(after, names, [3, 7]);
    first.forEach(([, p], i) => expect(second[i]![1].dataSync()).toEqual(p.dataSync()));
    tf.dispose([...first, ...second].map(([, p]) => p));
    before.dispose();
    after.dispose();
  });

  it.each(['ema', 'mean'] as const)('averaged: %s', (kind) => {
    const names = Object.keys(golden.shapes);
    const parameters = parametersOf(names);
    const inner = optim.adamw({ learningRate: 0.1, weightDecay: 0 });
    const optimizer = optim.averaged(inner, { start: 3, ...(kind === 'ema' && { decay: 0.7 }) });
    optimizer.init(parameters);
    run(optimizer, names, [0, 7]);
    const weights = optimizer.evaluationWeights!();
    weights.forEach((weight, i) =>
      expect(distance(weight, golden.averages[kind][names[i]!]!)).toBeLessThan(TOLERANCE),
    );
    const copy = optim.averaged(optim.adamw({ learningRate: 0.1 }), {});
    copy.init(parameters);
    copy.loadState(optimizer.saveState());
    copy.evaluationWeights!().forEach((weight, i) =>
      expect(weight.dataSync()).toEqual(weights[i]!.dataSync()),
    );
    tf.dispose([...weights, ...parameters.map(([, p]) => p)]);
    optimizer.dispose();
    copy.dispose();
  });
}

const ladder = await inspectBackends();
for (const backend of ['native', 'wasm', 'cpu'] as const) {
  const rung = ladder.find((candidate) => candidate.backend === backend);
  describe.skipIf(rung?.status === 'unavailable')(`optimizers on ${backend}`, () => {
    it('starts', async () => {
      expect((await useBackend(backend)).backend).toBe(backend);
    });
    conformance();
  });
}
