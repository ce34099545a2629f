import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { nn } from '@llm/tensor';
import { crossEntropy, tf, useBackend, valueAndGrads } from '@llm/tensor';
import { loadModel, type CausalLm } from '@llm/transformer';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { addLora, disableAdapters, loadAdapter, mergeAdapter, saveAdapter } from '../index.ts';
import { setActiveAdapters, unmergeAdapter } from '../index.ts';

// Adapters saved by PEFT and the logits it computes (tools/fixtures/peft_lora.py).
const fixtures = new URL('../../fixtures/', import.meta.url).pathname;
interface ModelOutputs {
  logits: Record<string, number[]>;
  training: { losses: number[]; logits: number[] };
}
let golden: { inputIds: number[][]; models: Record<string, ModelOutputs> };
let model: CausalLm | undefined;

beforeAll(async () => {
  await useBackend('cpu');
  golden = JSON.parse(await readFile(join(fixtures, 'outputs.json'), 'utf8')) as typeof golden;
});
afterEach(() => model?.dispose());

const load = async (name: string) => (model = await loadModel(join(fixtures, name))).eval();

function logitsOf(of: nn.Module): number[] {
  return tf.tidy(() => [...(of as CausalLm).forward(idsTensor()).dataSync()]);
}

const idsTensor = () => tf.tensor2d(golden.inputIds, undefined, 'int32');

/** Largest difference over the largest value: float32 sums of a few hundred products stay below 2e-5. */
function expectLogits(got: readonly number[], expected: readonly number[], tolerance = 2e-5): void {
  const scale = Math.max(...expected.map(Math.abs));
  const worst = Math.max(...expected.map((value, i) => Math.abs(value - got[i]!)));
  expect(got).toHaveLength(expected.length);
  expect(worst / scale).toBeLessThan(tolerance);
}

describe.each([
  ['llama', ['random', 'rslora']],
  ['gpt2', ['random', 'wide']],
] as const)('PEFT adapters on %s', (name, adapters) => {
  it('give the logits of PEFT: each, both together, none', async () => {
    const of = await load(name);
    const { logits } = golden.models[name]!;
    expectLogits(logitsOf(of), logits.base!);
    for (const adapter of adapters) await loadAdapter(of, join(fixtures, name, adapter), adapter);
    expectLogits(logitsOf(of), logits[adapters[0]]!);
    setActiveAdapters(of, adapters[1]);
    expectLogits(logitsOf(of), logits[adapters[1]]!);
    setActiveAdapters(of, adapters);
    expectLogits(logitsOf(of), logits.both!);
    expectLogits(
      disableAdapters(of, () => logitsOf(of)),
      logits.base!,
    );
    for (const adapter of adapters) mergeAdapter(of, adapter);
    expectLogits(logitsOf(of), logits.both!);
    unmergeAdapter(of, adapters[0]);
    setActiveAdapters(of, adapters[1]);
    expectLogits(logitsOf(of), logits[adapters[1]]!, 1e-4); // merging and unmerging rounds
  });

  it('are saved as PEFT saved them', async () => {
    const of = await load(name);
    const directory = await mkdtemp(join(tmpdir(), 'adapter-'));
    try {
      for (const adapter of adapters) {
        const source = join(fixtures, name, adapter);
        await loadAdapter(of, source, adapter);
        await saveAdapter(of, directory, adapter);
        const config = async (folder: string) =>
          JSON.parse(await readFile(join(folder, 'adapter_config.json'), 'utf8')) as object;
        const peft = await config(source);
        expect(Object.keys(await config(directory))).toEqual(Object.keys(peft));
        expect(await config(directory)).toEqual(peft);
        const again = join(directory, 'adapter_model.safetensors');
        const theirs = await readFile(join(source, 'adapter_model.safetensors'));
        expect(tensorsIn(await readFile(again))).toEqual(tensorsIn(theirs));
      }
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

it('trains ten steps to the losses and logits of PEFT', async () => {
  const of = await load('llama');
  await loadAdapter(of, join(fixtures, 'llama', 'train'), 'default', { isTrainable: true });
  const { losses, logits } = golden.models.llama!.training;
  const parameters = of.trainableParameters();
  expect(parameters).toHaveLength(2 * 2 * 2); // layers × (q, v) × (A, B)
  const optimizer = plainAdamW(parameters);
  for (const expected of losses) {
    const { value, grads } = valueAndGrads(() => nextTokenLoss(of), parameters);
    expect(value.dataSync()[0]).toBeCloseTo(expected, 4);
    optimizer(grads);
    tf.dispose([value, grads]);
  }
  expectLogits(logitsOf(of), logits, 5e-4); // AdamW divides by small second moments: errors grow
});

function nextTokenLoss(of: CausalLm): tf.Tensor {
  const ids = idsTensor();
  const [B = 0, T = 0] = ids.shape;
  const logits = tf.slice(of.forward(ids), [0, 0, 0], [B, T - 1, -1]); // [B, T − 1, V]
  return crossEntropy(logits, tf.slice(ids, [0, 1], [B, T - 1]));
}

/** torch.optim.AdamW with lr 1e-2, weight decay 0.01, written out with tf operations. */
function plainAdamW(parameters: readonly tf.Variable[]) {
  const mu: tf.Tensor[] = parameters.map((p) => tf.zerosLike(p));
  const nu: tf.Tensor[] = parameters.map((p) => tf.zerosLike(p));
  let t = 0;
  return (grads: readonly tf.Tensor[]) => {
    t += 1;
    tf.tidy(() =>
      parameters.forEach((p, i) => {
        const g = grads[i]!;
        const m = tf.keep(tf.add(tf.mul(mu[i]!, 0.9), tf.mul(g, 0.1)));
        const v = tf.keep(tf.add(tf.mul(nu[i]!, 0.999), tf.mul(tf.square(g), 0.001)));
        const root = tf.add(tf.sqrt(tf.div(v, 1 - 0.999 ** t)), 1e-8);
        const step = tf.mul(tf.div(tf.div(m, 1 - 0.9 ** t), root), 1e-2);
        p.assign(tf.sub(tf.mul(p, 1 - 1e-2 * 0.01), step));
        [mu[i], nu[i]] = [m, v];
      }),
    );
  };
}

/** Name → shape and bytes, read without this project's reader. */
function tensorsIn(file: Buffer): Record<string, unknown> {
  const length = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.toString('utf8', 8, 8 + length)) as Record<
    string,
    { shape: number[]; data_offsets: [number, number] }
  >;
  const { __metadata__, ...tensors } = header as typeof header & { __metadata__: unknown };
  expect(__metadata__).toEqual({ format: 'pt' });
  return Object.fromEntries(
    Object.entries(tensors).map(
      ([
        name,
        {
          shape,
          data_offsets: [from, to],
        },
      ]) => [
        name,
        { shape, data: file.subarray(8 + length + from, 8 + length + to).toString('hex') },
      ],
    ),
  );
}

it('adds a fresh adapter that changes nothing', async () => {
  const of = await load('gpt2');
  const before = logitsOf(of);
  addLora(of, { rank: 4 });
  expect(logitsOf(of)).toEqual(before);
});
