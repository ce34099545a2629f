import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { nn } from '@llm/tensor';
import { tf, useBackend, type Tensor } from '@llm/tensor';
import { openSafetensors, writeSafetensors } from '@llm/tensor/io';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findCheckpoint, train, type CheckpointOptions, type TrainOptions } from '../index.ts';
import { bitsOf, pairBatches, tinyRun, type Pairs } from '../test/tiny-model.ts';

let directory: string;
beforeAll(() => useBackend('cpu'));
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'run-'));
});
afterEach(() => rm(directory, { recursive: true }));

interface Outcome {
  model: string[];
  optimizer: string[];
}

/** Runs and returns every bit that the run leaves. */
async function bitsAfter(options: TrainOptions<Pairs>): Promise<Outcome> {
  await train(options);
  const state = [...options.optimizer.saveState()].map(([name, t]) => `${name} ${t.dataSync()}`);
  return { model: bitsOf(options.model), optimizer: state };
}

/** Aborts after the given update: the loop writes a checkpoint and ends. */
function stopAfter(step: number): Partial<TrainOptions<Pairs>> {
  const controller = new AbortController();
  const onStep = (metrics: { step: number }) => {
    if (metrics.step === step) controller.abort();
  };
  return { signal: controller.signal, onStep };
}

/** Throws after the given update, as a crash would end the run between checkpoints. */
function crashAfter(step: number): Partial<TrainOptions<Pairs>> {
  return {
    onStep: (metrics) => {
      if (metrics.step === step) throw new Error('crash');
    },
  };
}

const checkpoint = (more: Partial<CheckpointOptions> = {}) => ({ directory, every: 3, ...more });
const metricsLines = async () =>
  (await readFile(join(directory, 'metrics.jsonl'), 'utf8')).split('\n');

describe('resume', () => {
  it.each([1, 4, 6, 11])(
    'after a stop at step %i gives the bits of a run without it',
    async (step) => {
      const whole = await bitsAfter(tinyRun());
      await train(tinyRun({ checkpoint: checkpoint(), ...stopAfter(step) }));
      const options = tinyRun({ checkpoint: checkpoint(), resume: true });
      expect(await bitsAfter(options)).toEqual(whole);
      expect(options.optimizer.count).toBe(12);
    },
  );

  it('after a crash goes on from the last checkpoint, and the metrics read as one run', async () => {
    const whole = await bitsAfter(tinyRun({ checkpoint: checkpoint() }));
    const expected = await metricsLines();
    expect(expected).toHaveLength(12 + 1); // and the end of the last line
    await rm(directory, { recursive: true });
    const crashed = tinyRun({ checkpoint: checkpoint(), ...crashAfter(8) });
    await expect(train(crashed)).rejects.toThrow('crash');
    expect(await metricsLines()).toHaveLength(7 + 1);
    await writeFile(join(directory, 'metrics.jsonl'), '{"step":8,"lo', { flag: 'a' }); // cut short
    const options = tinyRun({ checkpoint: checkpoint(), resume: true });
    expect(await bitsAfter(options)).toEqual(whole);
    expect(await metricsLines()).toEqual(expected);
  });

  it('starts from scratch when there is no checkpoint yet', async () => {
    const whole = await bitsAfter(tinyRun());
    const options = tinyRun({ checkpoint: checkpoint(), resume: true });
    expect(await bitsAfter(options)).toEqual(whole);
  });

  it('has nothing left to do after the end, and can go on to more steps', async () => {
    const whole = await bitsAfter(tinyRun({ steps: 15 }));
    await train(tinyRun({ checkpoint: checkpoint() }));
    const again = await train(tinyRun({ checkpoint: checkpoint(), resume: true }));
    expect(again).toMatchObject({ step: 12, resumedFrom: 12, lastMetrics: undefined });
    const more = tinyRun({ steps: 15, checkpoint: checkpoint(), resume: true });
    expect(await bitsAfter(more)).toEqual(whole);
  });

  it.each<[string, (model: nn.Module) => Partial<CheckpointOptions>, string[]]>([
    ['default files', () => ({}), ['model.safetensors']],
    ['save alone', () => ({ save: note }), ['note.txt', 'parameters.safetensors']],
    ['save and load', saveAndLoad, ['mine.safetensors']],
  ])('works with %s', async (_name, files, expected) => {
    const whole = await bitsAfter(tinyRun());
    const start = tinyRun(stopAfter(5));
    await train({ ...start, checkpoint: checkpoint(files(start.model)) });
    const names = await readdir(join(directory, 'checkpoint-5'));
    expect(names.sort()).toEqual(
      [...expected, 'optimizer.safetensors', 'trainer_state.json'].sort(),
    );
    const rest = tinyRun({ resume: true });
    expect(await bitsAfter({ ...rest, checkpoint: checkpoint(files(rest.model)) })).toEqual(whole);
  });

  it('restores the state of further parts by name, and misses one that is not there', async () => {
    let value = 7;
    const counter = {
      getState: () => value,
      setState: (state: unknown) => void (value = Number(state)),
    };
    const resumables = { counter };
    await train(tinyRun({ checkpoint: checkpoint(), ...stopAfter(2), resumables }));
    value = 0;
    await train(tinyRun({ checkpoint: checkpoint(), resume: true, steps: 3, resumables }));
    expect(value).toBe(7);
    const more = { ...resumables, other: counter };
    await expect(
      train(tinyRun({ checkpoint: checkpoint(), resume: true, resumables: more })),
    ).rejects.toThrow('expected the state of "other"');
  });

  it('refuses data of another size', async () => {
    await train(tinyRun({ checkpoint: checkpoint(), ...stopAfter(2) }));
    const batches = { ...pairBatches(2), setState: pairBatches(1).setState };
    const wrong = tinyRun({ checkpoint: checkpoint(), resume: true });
    const states = JSON.parse(
      await readFile(join(directory, 'checkpoint-2', 'trainer_state.json'), 'utf8'),
    ) as { parts: { batches: object } };
    expect(() => batches.setState({ ...states.parts.batches, position: 99 } as never)).toThrow(
      'Resume with',
    );
    wrong.model.dispose();
  });
});

describe('the run folder', () => {
  it('keeps the newest checkpoints and the finished model', async () => {
    await train(tinyRun({ checkpoint: checkpoint({ every: 2, keep: 3 }) }));
    const names = await readdir(directory);
    expect(names.filter((name) => !name.startsWith('events.')).sort()).toEqual([
      ...['checkpoint-10', 'checkpoint-12', 'checkpoint-8', 'metrics.jsonl', 'model.safetensors'],
    ]);
    const file = await openSafetensors(join(directory, 'model.safetensors'));
    expect([...file.tensors.keys()].sort()).toEqual(['out_proj.weight', 'up.bias', 'up.weight']);
    await file.close();
  });

  it('logs numbers of the loss, of onStep, and of the loop', async () => {
    const onStep = ({ step }: { step: number }) =>
      step % 2 === 0 ? { 'eval/loss': 0.5 } : undefined;
    await train(tinyRun({ steps: 2, checkpoint: checkpoint(), onStep, tokens: () => 3 }));
    const [first = '', second = ''] = await metricsLines();
    expect(Object.keys(JSON.parse(first) as object)).toEqual([
      ...['step', 'loss', 'gradNorm', 'learningRate', 'tokensPerSecond'],
    ]);
    expect(JSON.parse(second)).toMatchObject({ step: 2, 'eval/loss': 0.5 });
  });

  it('cannot be a file', async () => {
    const path = join(directory, 'file');
    await writeFile(path, 'not a folder');
    await expect(train(tinyRun({ checkpoint: { directory: path } }))).rejects.toThrow(
      `train: the run folder: expected to write to ${path}, but a file of that name is in the way`,
    );
    expect(await readFile(path, 'utf8')).toBe('not a folder');
  });

  it('is not overwritten by a fresh run', async () => {
    await train(tinyRun({ checkpoint: checkpoint(), ...stopAfter(2) }));
    await expect(train(tinyRun({ checkpoint: checkpoint() }))).rejects.toThrow(
      /expected a folder without checkpoints, got .*checkpoint-2\. Resume that run/,
    );
  });
});

describe('damaged checkpoints', () => {
  beforeEach(() => train(tinyRun({ checkpoint: checkpoint({ keep: 9 }) })));
  const inNewest = (file: string) => join(directory, 'checkpoint-12', file);

  it('are passed over, with the reason, for the newest whole one', async () => {
    await truncate(inNewest('model.safetensors'), 100);
    await rm(join(directory, 'checkpoint-9', 'trainer_state.json'));
    const { found, rejected } = await findCheckpoint(directory);
    expect(found!.state.step).toBe(6);
    expect(rejected[0]).toMatch(/^checkpoint-12: model\.safetensors: expected \d+ bytes, got 100$/);
    expect(rejected[1]).toBe('checkpoint-9: trainer_state.json is missing');
    const result = await train(tinyRun({ checkpoint: checkpoint(), resume: true }));
    expect(result).toMatchObject({ resumedFrom: 6, step: 12, rejectedCheckpoints: rejected });
  });

  it('end a resume with an error when all are', async () => {
    for (const step of [3, 6, 9, 12]) {
      await writeFile(join(directory, `checkpoint-${step}`, 'trainer_state.json'), '{"version":1');
    }
    await expect(train(tinyRun({ checkpoint: checkpoint(), resume: true }))).rejects.toThrow(
      'train: resume: expected a whole checkpoint',
    );
  });

  it('are never those of an unfinished write', async () => {
    const leftovers = [
      'checkpoint-99.tmp',
      'checkpoint-3.old.tmp',
      '.metrics.jsonl.12-0a1b2c3d.tmp',
    ];
    for (const name of leftovers) await writeFile(join(directory, name), '');
    await writeFile(join(directory, 'my.tmp'), ''); // not ours
    expect((await findCheckpoint(directory)).found!.state.step).toBe(12);
    await train(tinyRun({ checkpoint: checkpoint(), resume: true }));
    const names = await readdir(directory);
    expect(names.filter((name) => name.endsWith('.tmp'))).toEqual(['my.tmp']);
  });
});

async function note(folder: string): Promise<void> {
  await writeFile(join(folder, 'note.txt'), 'the caller wrote this');
}

function saveAndLoad(model: nn.Module): Partial<CheckpointOptions> {
  const path = (folder: string) => join(folder, 'mine.safetensors');
  return {
    save: (folder) => writeSafetensors(path(folder), model.stateDict()),
    load: async (folder) => {
      const file = await openSafetensors(path(folder));
      const entries = new Map<string, Tensor>();
      for (const name of file.tensors.keys()) entries.set(name, await file.read(name));
      await file.close();
      model.loadStateDict(entries);
      tf.dispose([...entries.values()]);
    },
  };
}
