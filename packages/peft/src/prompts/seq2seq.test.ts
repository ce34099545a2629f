// Soft prompts of encoder–decoders saved by PEFT, and what it computes with them
// (tools/fixtures/peft_prompts_seq2seq.py).

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crossEntropy, tf, useBackend, valueAndGrads, type Tensor } from '@llm/tensor';
import { generate, loadSeq2Seq, type Seq2SeqLm } from '@llm/transformer';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { addMultitaskPromptTuning, disableAdapters, loadAdapter, saveAdapter } from '../index.ts';
import { fixtures, ints, withEncoder } from '../test/prompt-fixtures.ts';

const FOLDER = join(fixtures, 'prompts-seq2seq');
const ADAPTERS = ['prompt', 'p-tuning-mlp', 'prefix', 'prefix-projection'];

interface Expected {
  readonly logits: number[];
  readonly greedy: number[][];
  readonly loss: number;
  readonly grads: Record<string, number[]>;
}

interface Outputs {
  readonly inputIds: number[][];
  readonly attentionMask: number[][];
  readonly labels: number[][];
  readonly models: Record<string, Record<string, Expected>>;
}

let golden: Outputs;
let model: Seq2SeqLm | undefined;

beforeAll(async () => {
  await useBackend('cpu');
  golden = JSON.parse(await readFile(join(FOLDER, 'outputs.json'), 'utf8')) as Outputs;
});
afterEach(() => model?.dispose());

const open = async (name: string) => (model = (await loadSeq2Seq(join(FOLDER, name))).eval());

function forward(of: Seq2SeqLm): Tensor {
  const attentionMask = ints(golden.attentionMask);
  return of.forward(ints(golden.inputIds), of.shiftRight(ints(golden.labels)), { attentionMask });
}

const logitsOf = (of: Seq2SeqLm): number[] => tf.tidy(() => [...forward(of).dataSync()]);

function worst(got: readonly number[], expected: readonly number[]): number {
  expect(got).toHaveLength(expected.length);
  const largest = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((value, i) => Math.abs(value - got[i]!))) / largest;
}

describe.each(['t5', 'bart'])('PEFT prompts on %s', (name) => {
  it.each(ADAPTERS)('%s: give its logits and answers', async (adapter) => {
    const of = await open(name);
    const base = logitsOf(of);
    await loadAdapter(of, join(FOLDER, `${name}-${adapter}`));
    const { logits, greedy } = golden.models[name]![adapter]!;
    expect(worst(logitsOf(of), logits)).toBeLessThan(2e-5);
    expect(worst(base, logits)).toBeGreaterThan(1e-2);
    expect(disableAdapters(of, () => logitsOf(of))).toEqual(base);
    const sources = golden.inputIds.map((row, i) =>
      row.filter((_, j) => golden.attentionMask[i]![j]),
    );
    const before = tf.memory().numTensors;
    const { sequences } = await generate(of, sources, { maxNewTokens: 7, stopTokens: [] });
    expect(sequences).toEqual(greedy);
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each(ADAPTERS)('%s: give the same token by token', async (adapter) => {
    const of = await open(name);
    await loadAdapter(of, join(FOLDER, `${name}-${adapter}`));
    const whole = tf.tidy(() => forward(of).arraySync() as number[][][]);
    const steps = tf.tidy(() => {
      const mask = ints(golden.attentionMask);
      const memory = of.remember(of.encode(ints(golden.inputIds), mask), mask);
      const read = of.shiftRight(ints(golden.labels));
      const kvCache = of.createCache(2, 4);
      const columns = tf.split(read, 4, 1).map((column) => of.decode(column, memory, { kvCache }));
      expect(kvCache.length).toBe(4);
      kvCache.dispose();
      return tf.concat(columns, 1).arraySync() as number[][][];
    });
    expect(worst(steps.flat(2), whole.flat(2))).toBeLessThan(1e-5);
  });

  it.each(ADAPTERS)('%s: give its loss and gradients', async (adapter) => {
    const of = await open(name);
    const parameters = await withEncoder(of, join(FOLDER, `${name}-${adapter}`), adapter);
    const { loss, grads } = golden.models[name]![adapter]!;
    expect([...parameters.keys()].sort()).toEqual(Object.keys(grads).sort());
    const { value, grads: got } = valueAndGrads(
      () => crossEntropy(forward(of), ints(golden.labels)),
      [...parameters.values()],
    );
    expect(value.dataSync()[0]).toBeCloseTo(loss, 4);
    for (const [i, key] of [...parameters.keys()].entries())
      expect(worst([...got[i]!.dataSync()], grads[key]!), key).toBeLessThan(2e-4);
    tf.dispose([value, got]);
  });

  it.each(ADAPTERS)('%s: are saved as PEFT saved them', async (adapter) => {
    const of = await open(name);
    const source = join(FOLDER, `${name}-${adapter}`);
    await loadAdapter(of, source);
    const directory = await mkdtemp(join(tmpdir(), 'prompt-'));
    const read = async (folder: string): Promise<object> =>
      JSON.parse(await readFile(join(folder, 'adapter_config.json'), 'utf8')) as object;
    try {
      await saveAdapter(of, directory, 'default', { baseModel: join(FOLDER, name) });
      const base = { base_model_name_or_path: join(FOLDER, name) };
      expect(await read(directory)).toEqual({ ...(await read(source)), ...base });
      const weights = 'adapter_model.safetensors';
      const [ours, theirs] = await Promise.all(
        [directory, source].map((folder) => readFile(join(folder, weights))),
      );
      expect(dataOf(ours!)).toEqual(dataOf(theirs!));
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('take no tasks', async () => {
    const of = await open(name);
    expect(() => addMultitaskPromptTuning(of, { numTasks: 2 })).toThrow('expected a decoder');
    expect(of.trainableParameters().length).toBeGreaterThan(10); // as it was
  });
});

/** A file's tensors: what follows the header, which may be padded. */
const dataOf = (file: Buffer): Buffer => file.subarray(8 + Number(file.readBigUInt64LE(0)));
