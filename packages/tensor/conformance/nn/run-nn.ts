// Every layer, activation and loss of nn against PyTorch: outputs, gradients, running statistics, the names of
// parameters; and nothing is left behind. A backend's test file calls runNn.
import { beforeAll, describe, expect, it } from 'vitest';
import { memoryStats, useBackend, type BackendName, type BackendOptions } from '../../src/index.ts';
import { distance } from '../fused/outcome.ts';
import { LAYER_CASES, LOSS_CASES, runLayer, runLoss, type Results } from './nn-case.ts';

// A float32 result of a few hundred terms against double precision; the fixture keeps 7 digits.
const TOLERANCE = 5e-6;

type Named = { readonly name: string };

const title = (what: string, { name }: Named) => (name === '' ? what : `${what}: ${name}`);

function expectResults(actual: Partial<Results>, expected: Partial<Results>): void {
  const { outputs = {}, gradients = {}, buffersAfter = {} } = expected;
  expect(Object.keys(actual.outputs!)).toEqual(Object.keys(outputs));
  for (const [name, { shape, values }] of Object.entries(outputs)) {
    expect(actual.outputs![name]!.shape, name).toEqual(shape);
    expect(distance(actual.outputs![name]!.values, values), name).toBeLessThan(TOLERANCE);
  }
  for (const [name, gradient] of Object.entries(gradients)) {
    expect(actual.gradients, name).toHaveProperty([name]);
    const error = distance(actual.gradients![name]!, gradient);
    expect(error, `gradient of ${name}`).toBeLessThan(TOLERANCE);
  }
  for (const [name, buffer] of Object.entries(buffersAfter)) {
    expect(distance(actual.buffersAfter![name]!, buffer), name).toBeLessThan(TOLERANCE);
  }
}

function expectNoLeak(run: () => unknown): void {
  run(); // the first call may make what a backend keeps for good
  const before = memoryStats();
  run();
  expect(memoryStats().liveTensors).toBe(before.liveTensors);
  expect(memoryStats().liveBytes).toBe(before.liveBytes);
}

export function runNn(backend: BackendName, options: BackendOptions = {}): void {
  describe(`nn on ${backend} ${options.instructionSet ?? ''}`, () => {
    beforeAll(async () => {
      await useBackend(backend, options);
    });

    for (const layerCase of LAYER_CASES) {
      it(`${title(layerCase.layer, layerCase)} is PyTorch's`, () => {
        expectResults(runLayer(layerCase), layerCase);
        expectNoLeak(() => runLayer(layerCase));
      });
    }
    for (const lossCase of LOSS_CASES) {
      it(`${title(lossCase.loss, lossCase)} is PyTorch's`, () => {
        expectResults(runLoss(lossCase), lossCase);
        expectNoLeak(() => runLoss(lossCase));
      });
    }
  });
}
