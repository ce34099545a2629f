// N workers and one process: the same bits, whatever is sharded, whoever resumes.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspectBackends, tf, useBackend } from '@llm/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as optim from '../index.ts';
import type { Optimizer, StepMetrics, TrainOptions } from '../index.ts';
import { asWorkers, startWorkers } from '../test/local-groups.ts';
import { bitsOf, squaredError, tinyRun, type Pairs, type TinyModel } from '../test/tiny-model.ts';
import { dataParallel, type Group } from './index.ts';
import { ownersOf } from './owners.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parallel-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const ACCUMULATION = 6; // of 1, 2, 3 and 6 workers
type Overrides = Partial<TrainOptions<Pairs>>;

/** Uneven weights, one of them 0, dropout, clipping, a metric. */
function runOf(overrides: Overrides = {}, seen: StepMetrics[] = []) {
  return tinyRun({
    accumulation: ACCUMULATION,
    steps: 5,
    maxGradNorm: 0.5,
    weight: (batch) =>
      batch.x.dataSync()[0]! > 0.9 ? 0 : Math.round(3 + 2 * batch.x.dataSync()[1]!),
    onStep: (metrics) => void seen.push(metrics),
    ...overrides,
  });
}

/** What a run came to: parameters' bits, and its numbers but for times. */
async function resultOf(overrides: Overrides) {
  const seen: StepMetrics[] = [];
  const run = runOf(overrides, seen);
  const result = await optim.train(run);
  run.optimizer.dispose();
  const numbers = seen.map(({ step, loss, gradNorm, learningRate, metrics }) => ({
    step,
    loss,
    gradNorm,
    learningRate,
    metrics,
  }));
  const bits = bitsOf(run.model);
  run.model.dispose();
  return { bits, numbers, result };
}

const OPTIMIZERS: Record<string, () => Optimizer> = {
  adamw: () => optim.adamw({ learningRate: 0.02 }),
  'sgd momentum': () => optim.sgd({ learningRate: 0.02, momentum: 0.9, weightDecay: 0.1 }),
  adafactor: () => optim.adafactor({ learningRate: 0.02 }),
  muon: () => optim.muon({ learningRate: 0.02 }),
  nadam: () => optim.nadam({ learningRate: 0.02 }),
  averaged: () => optim.averaged(optim.lion({ learningRate: 0.002 }), { decay: 0.9 }),
};

const asParallel = (
  size: number,
  shard: 'none' | 'optimizer',
  make: (group: Group) => Overrides = () => ({}),
) =>
  asWorkers(size, (group) => resultOf({ workers: dataParallel(group, { shard }), ...make(group) }));

const native = (await inspectBackends()).find(({ backend }) => backend === 'native');
describe.each(['cpu', 'native'] as const)('dataParallel on %s', (backend) => {
  if (backend === 'native' && native?.status === 'unavailable') return it.skip(native.reason);
  beforeAll(() => useBackend(backend));

  it.each([2, 3])('of %i workers gives the bits and numbers of one process', async (size) => {
    const alone = await resultOf({});
    for (const shard of ['none', 'optimizer'] as const) {
      for (const { bits, numbers } of await asParallel(size, shard)) {
        expect(bits).toEqual(alone.bits);
        expect(numbers).toEqual(alone.numbers);
      }
    }
  });

  it.each(Object.keys(OPTIMIZERS))('does so with %s', async (name) => {
    const optimizer = () => ({ optimizer: OPTIMIZERS[name]!() });
    const alone = await resultOf(optimizer());
    for (const shard of ['none', 'optimizer'] as const) {
      const workers = await asParallel(2, shard, optimizer);
      for (const { bits } of workers) expect(bits).toEqual(alone.bits);
    }
  });

  it('leaks nothing', async () => {
    const before = tf.memory().numTensors;
    await asParallel(2, 'optimizer');
    await asParallel(2, 'none');
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('dataParallel', () => {
  beforeAll(() => useBackend('cpu'));
  const checkpointAt = (name: string) => ({ directory: join(folder, name), every: 2 });

  it('is resumed by any number of workers, to the same bits', async () => {
    const whole = await resultOf({});
    const checkpoint = checkpointAt('resumed');
    const onlyFirst = (group: Group) => (group.rank === 0 ? { checkpoint } : {});
    await asParallel(3, 'optimizer', (group) => ({ ...onlyFirst(group), ...stopAfter(2) }));
    const two = await asParallel(2, 'none', (group) => ({
      ...onlyFirst(group),
      ...stopAfter(2),
      resume: true,
    }));
    expect(two.map(({ result }) => [result.resumedFrom, result.step])).toEqual([
      [2, 4],
      [2, 4],
    ]);
    const again = await asParallel(2, 'optimizer', (group) => ({
      ...onlyFirst(group),
      resume: true,
    }));
    for (const { bits, result } of again) {
      expect(result).toMatchObject({ resumedFrom: 4, step: 5, stopReason: 'finished' });
      expect(bits).toEqual(whole.bits);
    }
    const one = await resultOf({ checkpoint, resume: true });
    expect(one.result.resumedFrom).toBe(5);
    expect(one.bits).toEqual(whole.bits);
  });

  /** Aborts after so many updates of this call, at one worker only: all must stop together. */
  function stopAfter(updates: number): Overrides {
    const controller = new AbortController();
    let made = 0;
    const onStep = () => {
      if (++made === updates - 1) controller.abort();
    };
    return { signal: controller.signal, onStep };
  }

  it('begins with the parameters of rank 0', async () => {
    const alone = await resultOf({});
    const workers = await asWorkers(2, async (group) => {
      const run = runOf({ workers: dataParallel(group) });
      if (group.rank === 1) run.model.parameters().forEach((p) => p.assign(tf.zeros(p.shape)));
      await optim.train(run);
      return bitsOf(run.model);
    });
    for (const bits of workers) expect(bits).toEqual(alone.bits);
  });

  async function errorsOf(make: (group: Group) => Overrides): Promise<string[]> {
    const work = (group: Group) => resultOf({ workers: dataParallel(group), ...make(group) });
    const results = await Promise.allSettled(await startWorkers(2, work));
    return results.map((result) => (result.status === 'rejected' ? String(result.reason) : 'none'));
  }

  it('ends everywhere with the error of one', async () => {
    const errors = await errorsOf(({ rank }) => ({
      loss: () => {
        if (rank === 1) throw new Error('out of luck');
        return tf.scalar(1);
      },
    }));
    expect(errors).toEqual(['DistributedError: rank 1 failed: out of luck', 'Error: out of luck']);
  });

  it('names a loss that is not finite everywhere', async () => {
    const run = (): Overrides => {
      const { model } = tinyRun();
      const spoilt = (microBatch: number) => (microBatch === 3 ? NaN : 1);
      return {
        model,
        loss: (batch, { microBatch }) =>
          tf.mul(squaredError(model as TinyModel, batch), spoilt(microBatch)),
      };
    };
    for (const error of await errorsOf(run)) {
      expect(error).toContain('train: loss: expected a finite number, got NaN at step 1');
    }
  });

  it('refuses workers that do not fit each other', async () => {
    const steps = await errorsOf(({ rank }) => ({ steps: 5 + rank }));
    expect(steps.join()).toContain(
      'dataParallel: steps: expected 5 at rank 1 as at rank 0, got 6.',
    );
    const odd = await errorsOf(() => ({ accumulation: 3 }));
    expect(odd[0]).toContain('train: accumulation: expected a multiple of 2 workers, got 3.');
    const used = await errorsOf(() => {
      const optimizer = optim.sgd({ learningRate: 1 });
      optimizer.init([['w', tf.variable(tf.zeros([1]))]]);
      return { optimizer };
    });
    expect(used[0]).toContain('dataParallel: optimizer: expected one that train initialises');
  });

  it('shares parameters out evenly', () => {
    expect(ownersOf([10, 1, 2, 7, 3], 2)).toEqual([0, 1, 0, 1, 1]); // 12 and 11
    expect(ownersOf([1, 1, 1], 3)).toEqual([0, 1, 2]);
  });
});
