import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Generator, useBackend } from '@llm/tensor';
import { ValueModel } from '@llm/transformer';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { frozenCopy } from '../models/copy-model.ts';
import { tinyModel } from '../tiny-model.test-support.ts';
import { trainPpo } from './train-ppo.ts';

let directory = '';
beforeAll(async () => {
  await useBackend('cpu');
  directory = await mkdtemp(join(tmpdir(), 'llm-ppo-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** Trains for `updates`; stops after `stopAfter` of them if given. Returns the policy's weights. */
async function run(name: string, options: { stopAfter?: number; resume?: boolean } = {}) {
  const model = tinyModel(5);
  const critic = new ValueModel(tinyModel(6), { generator: new Generator(1) });
  const controller = new AbortController();
  await trainPpo({
    ...{ model, critic, reference: frozenCopy(model), prompts: [[2, 3], [4], [5], [6, 7]] },
    reward: (samples) =>
      samples.map(({ completionIds }) => completionIds.filter((id) => id === 9).length),
    ...{
      updates: 4,
      rolloutSize: 4,
      miniBatches: 2,
      epochs: 2,
      maxNewTokens: 3,
      learningRate: 0.01,
      ...{ targetKl: 0.02, adaptiveKl: { target: 0.1, horizon: 20 }, scaleScores: true },
    },
    checkpoint: { directory: join(directory, name), every: 1 },
    resume: options.resume,
    signal: controller.signal,
    onUpdate: ({ update }) => void (update === options.stopAfter && controller.abort()),
  });
  return model.parameters().map((parameter) => Array.from(parameter.dataSync()));
}

it('resumes to the same bits as a run that was never stopped', async () => {
  const whole = await run('whole');
  const stopped = await run('stopped', { stopAfter: 2 });
  expect(stopped).not.toEqual(whole);
  expect(await run('stopped', { resume: true })).toEqual(whole);
});
