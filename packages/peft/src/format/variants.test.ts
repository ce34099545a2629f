// Every kind and option of weight adapters against PEFT: outputs, merged outputs, gradients, files
// (tools/fixtures/peft_variants.py).
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tf, useBackend, valueAndGrads, type nn, type Tensor } from '@llm/tensor';
import { openSafetensors } from '@llm/tensor/io';
import { loadModel, type CausalLm } from '@llm/transformer';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  adapterParameters,
  disableAdapters,
  loadAdapter,
  mergeAdapter,
  removeAdapters,
  saveAdapter,
  unmergeAdapter,
} from '../index.ts';
import { loadConvNet, type ConvNet } from '../test/conv-net.ts';

const fixtures = new URL('../../fixtures/', import.meta.url).pathname;
const variants = join(fixtures, 'variants');
const inputs = JSON.parse(await readFile(join(variants, 'inputs.json'), 'utf8')) as {
  ids: number[][];
  image: number[];
};

let model: (nn.Module & { forward(x: Tensor): Tensor }) | undefined;
beforeAll(() => useBackend('native'));
afterEach(() => model?.dispose());

async function open(name: string): Promise<CausalLm | ConvNet> {
  if (name === 'conv') return loadConvNet(join(variants, 'conv.safetensors'));
  const folder = name === 'tied' ? join(variants, 'tied', 'base') : join(fixtures, name);
  return (await loadModel(folder)).eval();
}

function run(of: CausalLm | ConvNet, name: string): Tensor {
  if (name !== 'conv') return of.forward(tf.tensor2d(inputs.ids, undefined, 'int32'));
  const channelsFirst = tf.tensor4d(inputs.image, [2, 3, 9, 8]);
  return of.forward(tf.transpose(channelsFirst, [0, 2, 3, 1]));
}

const values = (of: CausalLm | ConvNet, name: string) => [
  ...tf.tidy(() => run(of, name)).dataSync(),
];

/** Largest difference over the largest value. */
function difference(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  const scale = Math.max(...Array.from(expected, Math.abs));
  expect(got.length).toBe(expected.length);
  return Math.max(...Array.from(expected, (value, i) => Math.abs(value - got[i]!))) / scale;
}

interface Expected {
  readonly outputs: number[];
  readonly merged?: number[];
}

const cases: [name: string, variant: string][] = [];
for (const name of ['llama', 'gpt2', 'tied', 'conv']) {
  for (const variant of await readdir(join(variants, name))) {
    if (variant !== 'base') cases.push([name, variant]);
  }
}

describe.each(cases)('a PEFT adapter on %s: %s', (name, variant) => {
  const folder = join(variants, name, variant);

  it("gives PEFT's outputs and gradients, beside the layers and merged, and leaves the base alone", async () => {
    const expected = JSON.parse(await readFile(join(folder, 'outputs.json'), 'utf8')) as Expected;
    const of = await open(name);
    model = of;
    const base = values(of, name);
    await loadAdapter(of, folder, 'default', { isTrainable: true });
    expect(difference(values(of, name), expected.outputs)).toBeLessThan(2e-5);
    expect(difference(expected.outputs, base)).toBeGreaterThan(1e-2); // so the test can fail
    await checkGradients(of, name, folder);
    expect(disableAdapters(of, () => values(of, name))).toEqual(base);
    if (expected.merged) {
      const report = mergeAdapter(of);
      expect(report.maxOutputDifference).toBeLessThan(1e-5);
      expect(difference(values(of, name), expected.merged)).toBeLessThan(2e-5);
      unmergeAdapter(of);
      expect(difference(values(of, name), expected.outputs)).toBeLessThan(5e-5);
    }
    removeAdapters(of);
    expect(difference(values(of, name), base)).toBeLessThan(5e-5);
  });

  it('is saved as PEFT saved it', async () => {
    const of = await open(name);
    model = of;
    await loadAdapter(of, folder);
    const directory = await mkdtemp(join(tmpdir(), 'variant-'));
    try {
      const { taskType, baseModel } = await notes(folder);
      await saveAdapter(of, directory, 'default', { taskType, baseModel });
      const auto = { auto_mapping: null }; // the Python class of a model that is none of Transformers'
      expect(await config(directory)).toEqual({ ...(await config(folder)), ...auto });
      expect(await tensors(directory)).toEqual(await tensors(folder));
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

it.each(['wasm', 'cpu'] as const)("gives PEFT's gradients on %s, too", async (backend) => {
  await useBackend(backend);
  try {
    for (const [name, variant] of cases) {
      const of = await open(name);
      const folder = join(variants, name, variant);
      await loadAdapter(of, folder, 'default', { isTrainable: true });
      await checkGradients(of, name, folder);
      of.dispose();
    }
  } finally {
    await useBackend('native');
  }
});

async function checkGradients(of: CausalLm | ConvNet, name: string, folder: string): Promise<void> {
  const expected = await tensors(folder, 'gradients.safetensors');
  if (expected.size === 0) return;
  const parameters = adapterParameters(of, 'default');
  const loss = () => tf.div(tf.sum(tf.square(run(of, name))), 100) as Tensor;
  const { grads } = valueAndGrads(
    loss,
    parameters.map(([, parameter]) => parameter),
  );
  for (const [i, [key]] of parameters.entries()) {
    const gradient = withTied(expected, key);
    expect(difference(grads[i]!.dataSync(), gradient), key).toBeLessThan(5e-5);
  }
  tf.dispose(grads);
}

/** PEFT ties by two parameters over one memory, each with a gradient of its own. */
function withTied(expected: Map<string, Saved>, key: string): number[] {
  const own = expected.get(key)!;
  const twin = key.endsWith('embedding_A') ? 'lora_B' : key.endsWith('embedding_B') ? 'lora_A' : '';
  const other = expected.get(`base_model.model.lm_head.${twin}.weight`);
  if (!other) return own.values;
  const [rows, columns] = own.shape as [number, number];
  return own.values.map(
    (value, i) => value + other.values[(i % columns) * rows + Math.floor(i / columns)]!,
  );
}

interface Saved {
  readonly shape: readonly number[];
  readonly values: number[];
}

async function tensors(folder: string, file = 'adapter_model.safetensors') {
  const source = await openSafetensors(join(folder, file));
  const result = new Map<string, Saved>();
  for (const name of [...source.tensors.keys()].sort()) {
    const tensor = await source.read(name);
    result.set(name, { shape: tensor.shape, values: [...tensor.dataSync()] });
    tensor.dispose();
  }
  await source.close();
  return result;
}

async function config(folder: string): Promise<Record<string, unknown>> {
  const text = await readFile(join(folder, 'adapter_config.json'), 'utf8');
  return JSON.parse(text) as Record<string, unknown>;
}

async function notes(folder: string) {
  const { task_type: taskType, base_model_name_or_path: baseModel } = await config(folder);
  return {
    taskType: taskType as string | null,
    ...(baseModel ? { baseModel: baseModel as string } : {}),
  };
}
