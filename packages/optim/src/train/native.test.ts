// The same promises on the native engine, where updates happen in place and memory is pooled.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspectBackends, kernelStats, resetKernelStats, tf, useBackend } from '@llm/tensor';
import { beforeAll, expect, it, type TestContext } from 'vitest';
import { train } from '../index.ts';
import { bitsOf, tinyRun } from '../test/tiny-model.ts';

let reason: string | undefined;
beforeAll(async () => {
  const rung = (await inspectBackends()).find(({ backend }) => backend === 'native');
  if (rung?.status === 'unavailable') reason = rung.reason;
});

const needsNative = async (context: TestContext) => {
  if (reason !== undefined) context.skip(reason);
  await useBackend('native');
};

it('resumes to the same bits', async (context) => {
  await needsNative(context);
  const directory = await mkdtemp(join(tmpdir(), 'native-'));
  try {
    const whole = tinyRun();
    await train(whole);
    const checkpoint = { directory, every: 3 };
    const controller = new AbortController();
    const onStep = ({ step }: { step: number }) => {
      if (step === 5) controller.abort();
    };
    await train(tinyRun({ checkpoint, signal: controller.signal, onStep }));
    const rest = tinyRun({ checkpoint, resume: true });
    expect(await train(rest)).toMatchObject({ resumedFrom: 5, step: 12 });
    expect(bitsOf(rest.model)).toEqual(bitsOf(whole.model));
  } finally {
    await rm(directory, { recursive: true });
  }
});

it('gives the losses of the cpu backend, and leaks nothing', async (context) => {
  await needsNative(context);
  const losses = async () => {
    const seen: number[] = [];
    const options = tinyRun({ steps: 20, onStep: ({ loss }) => void seen.push(loss) });
    await train(options);
    options.optimizer.dispose();
    options.model.dispose();
    return seen;
  };
  const before = tf.memory().numTensors;
  resetKernelStats();
  const native = await losses();
  expect(kernelStats().native).toHaveProperty('AdamWStep');
  expect(tf.memory().numTensors).toBe(before);
  await useBackend('cpu');
  (await losses()).forEach((loss, i) => expect(native[i]).toBeCloseTo(loss, 4));
});
