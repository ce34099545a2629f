// Needs a Python with tensorboard: LLM_TENSORBOARD_PYTHON=/path/to/python pnpm --filter @llm/optim test
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { useBackend } from '@llm/tensor';
import { expect, it } from 'vitest';
import { train } from '../index.ts';
import { tinyRun } from '../test/tiny-model.ts';

const python = process.env.LLM_TENSORBOARD_PYTHON;

it.skipIf(!python)('TensorBoard reads a run that crashed and resumed', async () => {
  await useBackend('cpu');
  const directory = await mkdtemp(join(tmpdir(), 'board-'));
  try {
    const checkpoint = { directory, every: 3 };
    const onStep = ({ step }: { step: number }) => {
      if (step === 8) throw new Error('crash');
    };
    await expect(train(tinyRun({ checkpoint, onStep }))).rejects.toThrow('crash');
    await new Promise((resolve) => setTimeout(resolve, 1100)); // files are read in order of their second
    await train(tinyRun({ checkpoint, resume: true }));
    const script = fileURLToPath(
      new URL('../../../../tools/fixtures/tensorboard_check.py', import.meta.url),
    );
    const { status, stdout, stderr } = spawnSync(python!, [script, directory], {
      encoding: 'utf8',
    });
    expect(status, stdout + stderr).toBe(0);
  } finally {
    await rm(directory, { recursive: true });
  }
});
