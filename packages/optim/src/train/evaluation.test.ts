import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useBackend } from '@llm/tensor';
import { openSafetensors } from '@llm/tensor/io';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataParallel } from '../distributed/index.ts';
import { averaged, reduceOnPlateau, sgd, train, type TrainOptions } from '../index.ts';
import { asWorkers } from '../test/local-groups.ts';
import { bitsOf, hexOf, tinyRun, type Pairs } from '../test/tiny-model.ts';

let folder: string;
beforeAll(async () => {
  await useBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'evaluation-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A run whose n-th evaluation gives values[n]. `seen` gets the parameters' bits at each. */
function runOf(values: readonly number[], overrides: Partial<TrainOptions<Pairs>> = {}) {
  const seen: string[][] = [];
  const run = tinyRun({ accumulation: 1, ...overrides });
  const evaluation = {
    every: 2,
    evaluate: () => {
      expect(run.model.training).toBe(false);
      seen.push(bitsOf(run.model));
      return values[seen.length - 1] ?? 9;
    },
    ...overrides.evaluation,
  };
  return { run: { ...run, evaluation }, seen };
}

describe('evaluation', () => {
  it('changes nothing of the training, keeps the best model and logs each number', async () => {
    const plain = tinyRun({ accumulation: 1 });
    await train(plain);
    const directory = join(folder, 'best');
    const { run, seen } = runOf([5, 3, 4, 3], { checkpoint: { directory, every: 100 } });
    const result = await train(run);
    expect(result).toMatchObject({ step: 12, stopReason: 'finished', best: { step: 4, value: 3 } });
    expect(seen).toHaveLength(6);
    expect(bitsOf(run.model)).toEqual(bitsOf(plain.model));
    const best = await openSafetensors(join(directory, 'best', 'model.safetensors'));
    const up = await best.read('up.weight');
    expect(Buffer.from(up.dataSync().slice().buffer).toString('hex')).toBe(seen[1]![0]);
    await best.close();
    const lines = (await readFile(join(directory, 'metrics.jsonl'), 'utf8')).trim().split('\n');
    const logged = lines.map((line) => (JSON.parse(line) as { eval_loss?: number }).eval_loss);
    expect(logged.filter((value) => value !== undefined)).toEqual([5, 3, 4, 3, 9, 9]);
    expect((await readdir(directory)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('stops early, and a resumed run has not forgotten how long it waited', async () => {
    const values = [1, 2, 2, 2, 2, 2];
    const evaluation = { every: 2, patience: 3 } as never;
    const { run, seen } = runOf(values, { evaluation });
    expect(await train(run)).toMatchObject({ step: 8, stopReason: 'early', best: { step: 2 } });
    expect(seen).toHaveLength(4);
    const checkpoint = { directory: join(folder, 'early'), every: 6 };
    const controller = new AbortController();
    const onStep = ({ step }: { step: number }) => void (step === 6 && controller.abort());
    await train(runOf(values, { evaluation, checkpoint, onStep, signal: controller.signal }).run);
    const rest = runOf([2], { evaluation, checkpoint, resume: true });
    const result = await train(rest.run);
    expect(result).toMatchObject({ resumedFrom: 6, step: 8, stopReason: 'early' });
    expect(bitsOf(rest.run.model)).toEqual(bitsOf(run.model));
  });

  it('counts larger numbers as better, and only from minDelta on', async () => {
    const evaluation = { every: 2, greaterIsBetter: true, minDelta: 0.5 } as never;
    const { run } = runOf([1, 1.4, 2, 2.4, 0, 0], { evaluation });
    expect((await train(run)).best).toEqual({ step: 6, value: 2 });
  });

  it('lowers the rate of a schedule that listens', async () => {
    const rates: number[] = [];
    const schedule = reduceOnPlateau({ learningRate: 0.01, patience: 0 });
    const onStep = (metrics: { learningRate: number }) => void rates.push(metrics.learningRate);
    await train(runOf([2, 1, 1, 1, 1, 1], { schedule, onStep }).run);
    const expected = [0.01, 0.01, 0.01, 0.001, 1e-4, 1e-5].flatMap((rate) => [rate, rate]);
    rates.forEach((rate, i) => expect(rate).toBeCloseTo(expected[i]!, 12));
    const alone = tinyRun({ schedule });
    await expect(train(alone)).rejects.toThrow('train: schedule: expected evaluation beside one');
  });

  it('sees the averaged weights, which are also the finished model', async () => {
    const directory = join(folder, 'averaged');
    const optimizer = averaged(sgd({ learningRate: 0.05 }), { decay: 0.5 });
    const { run, seen } = runOf([1], { optimizer, checkpoint: { directory } });
    await train(run);
    const weights = optimizer.evaluationWeights!();
    const bits = weights.map(hexOf);
    expect(seen.at(-1)).toEqual(bits);
    expect(bitsOf(run.model)).not.toEqual(bits);
    const file = await openSafetensors(join(directory, 'model.safetensors'));
    expect((await file.read('up.weight')).dataSync()).toEqual(weights[0]!.dataSync());
    await file.close();
  });

  it('is shared by workers: one evaluates, all stop', async () => {
    const alone = runOf([1, 2, 2], {
      accumulation: 2,
      evaluation: { every: 2, patience: 2 } as never,
    });
    await train(alone.run);
    const results = await asWorkers(2, async (group) => {
      const { run, seen } = runOf([1, 2, 2], {
        accumulation: 2,
        workers: dataParallel(group),
        evaluation: { every: 2, patience: 2 } as never,
      });
      const result = await train(run);
      return { result, evaluations: seen.length, bits: bitsOf(run.model) };
    });
    expect(results.map(({ evaluations }) => evaluations)).toEqual([3, 0]);
    for (const { result, bits } of results) {
      expect(result).toMatchObject({ step: 6, stopReason: 'early', best: { step: 2, value: 1 } });
      expect(bits).toEqual(bitsOf(alone.run.model));
    }
  });

  it('says what is wrong', async () => {
    const evaluate = () => NaN;
    const wrong = (evaluation: object) => train(tinyRun({ evaluation: evaluation as never }));
    await expect(wrong({ evaluate, every: 0 })).rejects.toThrow(
      'train: evaluation.every: expected a positive integer, got 0.',
    );
    await expect(wrong({ evaluate, every: 1, patience: 0 })).rejects.toThrow('evaluation.patience');
    await expect(wrong({ evaluate, every: 1 })).rejects.toThrow(
      'train: evaluation.evaluate: expected a number, got NaN for eval_loss at step 1.',
    );
  });
});
