// Soft prompts saved by PEFT, and what it computes with them (tools/fixtures/peft_prompts.py).

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  crossEntropy,
  tf,
  useBackend,
  valueAndGrads,
  type Tensor,
  type Variable,
} from '@llm/tensor';
import { generate, type CausalLm } from '@llm/transformer';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  disableAdapters,
  loadAdapter,
  saveAdapter,
  setActiveAdapters,
  setTasks,
} from '../index.ts';
import {
  ADAPTERS,
  fixtures,
  ints,
  loadBase,
  readOutputs,
  withEncoder,
} from '../test/prompt-fixtures.ts';
import type { PromptOutputs } from '../test/prompt-fixtures.ts';

let golden: PromptOutputs;
let model: CausalLm | undefined;

beforeAll(async () => {
  await useBackend('cpu');
  golden = await readOutputs();
});
afterEach(() => model?.dispose());

const open = async (name: string) => (model = await loadBase(name));
const folderOf = (name: string, adapter: string) => join(fixtures, 'prompts', `${name}-${adapter}`);

/** The rows of the batch belong to the tasks of the fixture. */
function chooseTasks(of: CausalLm, adapter: string, name = 'default'): void {
  if (adapter === 'multitask') setTasks(of, golden.tasks, name);
}

const forward = (of: CausalLm): Tensor =>
  of.forward(ints(golden.inputIds), { attentionMask: ints(golden.attentionMask) });

/** Of the tokens that are not padding. */
function logitsOf(of: CausalLm): number[] {
  return seen(tf.tidy(() => [...forward(of).dataSync()]));
}

/** Padding's logits are nobody's business: PEFT gives padding other positions. */
function seen(logits: readonly number[]): number[] {
  const mask = golden.attentionMask.flat();
  return logits.filter((_, i) => mask[Math.floor(i / 37)] === 1);
}

function worst(got: readonly number[], expected: readonly number[]): number {
  expect(got).toHaveLength(expected.length);
  const largest = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((value, i) => Math.abs(value - got[i]!))) / largest;
}

describe.each(['llama', 'gpt2'])('PEFT prompts on %s', (name) => {
  it.each(ADAPTERS)('%s: give its logits', async (adapter) => {
    const of = await open(name);
    const base = logitsOf(of);
    await loadAdapter(of, folderOf(name, adapter));
    chooseTasks(of, adapter);
    const expected = seen(golden.models[name]![adapter]!.logits);
    expect(worst(logitsOf(of), expected)).toBeLessThan(2e-5);
    expect(disableAdapters(of, () => logitsOf(of))).toEqual(base);
    expect(worst(base, expected)).toBeGreaterThan(1e-2); // the prompt does something
  });

  it.each(ADAPTERS)('%s: give its loss and gradients, and its next five steps', async (adapter) => {
    const of = await open(name);
    const parameters = await withEncoder(of, folderOf(name, adapter), adapter);
    chooseTasks(of, adapter);
    const { losses, grads } = golden.models[name]![adapter]!.training;
    expect([...parameters.keys()].sort()).toEqual(Object.keys(grads).sort());
    expect(of.trainableParameters()).toHaveLength(parameters.size);
    const variables = [...parameters.values()];
    const step = adamW(variables);
    for (const [i, expected] of losses.entries()) {
      const { value, grads: got } = valueAndGrads(() => loss(of), variables);
      expect(value.dataSync()[0]).toBeCloseTo(expected, 4);
      if (i === 0) {
        for (const [j, key] of [...parameters.keys()].entries())
          expect(worst([...got[j]!.dataSync()], grads[key]!), key).toBeLessThan(2e-4);
      }
      step(got);
      tf.dispose([value, got]);
    }
  });

  it.each(ADAPTERS)('%s: write what PEFT writes, alone and side by side', async (adapter) => {
    const of = await open(name);
    await loadAdapter(of, folderOf(name, adapter));
    if (adapter === 'multitask') setTasks(of, golden.tasks[0]!);
    const expected = golden.models[name]![adapter]!.greedy;
    const { sequences } = await generate(of, golden.prompts, { maxNewTokens: 8 });
    expect(sequences).toEqual(expected);
  });

  it.each(ADAPTERS)(
    '%s: are saved as PEFT saved them, without what trained them',
    async (adapter) => {
      const of = await open(name);
      const source = folderOf(name, adapter);
      await withEncoder(of, source, adapter);
      const directory = await mkdtemp(join(tmpdir(), 'prompt-'));
      try {
        await saveAdapter(of, directory, 'default', {
          baseModel: `packages/peft/fixtures/${name}`,
        });
        const [ours, theirs] = await Promise.all([configOf(directory), configOf(source)]);
        expect(ours).toEqual(theirs);
        expect(Object.keys(ours)).toEqual(Object.keys(theirs)); // sorted
        const trained = logitsOf(of); // of task 0
        of.softPrompt = null;
        await loadAdapter(of, directory);
        expect(worst(logitsOf(of), trained)).toBeLessThan(1e-6);
      } finally {
        await rm(directory, { recursive: true });
      }
    },
  );

  it('take turns on one base', async () => {
    const of = await open(name);
    const base = logitsOf(of);
    for (const adapter of ADAPTERS) {
      await loadAdapter(of, folderOf(name, adapter), adapter);
      chooseTasks(of, adapter, adapter);
    }
    for (const adapter of [...ADAPTERS].reverse()) {
      setActiveAdapters(of, adapter);
      expect(worst(logitsOf(of), seen(golden.models[name]![adapter]!.logits))).toBeLessThan(2e-5);
    }
    setActiveAdapters(of, []);
    expect(logitsOf(of)).toEqual(base);
    setActiveAdapters(of, ['prompt', 'prefix']);
    expect(() => logitsOf(of)).toThrow('expected one active soft prompt, got prompt, prefix');
  });
});

const configOf = async (folder: string): Promise<object> =>
  JSON.parse(await readFile(join(folder, 'adapter_config.json'), 'utf8')) as object;

function loss(of: CausalLm): Tensor {
  const [B, T] = [golden.inputIds.length, golden.inputIds[0]!.length];
  const logits = tf.slice(forward(of), [0, 0, 0], [B, T - 1, -1]); // [B, T − 1, V]
  return crossEntropy(logits, tf.slice(ints(golden.labels), [0, 1], [B, T - 1]));
}

/** torch.optim.AdamW with lr 1e-2, weight decay 0.01, written out. */
function adamW(parameters: readonly Variable[]): (grads: readonly Tensor[]) => void {
  const moments = parameters.map(({ size }) => ({
    mu: new Float32Array(size),
    nu: new Float32Array(size),
  }));
  let t = 0;
  return (grads) => {
    t += 1;
    for (const [i, parameter] of parameters.entries()) {
      const [value, grad] = [parameter.dataSync().slice(), grads[i]!.dataSync()];
      const { mu, nu } = moments[i]!;
      for (let j = 0; j < value.length; j++) {
        mu[j] = 0.9 * mu[j]! + 0.1 * grad[j]!;
        nu[j] = 0.999 * nu[j]! + 0.001 * grad[j]! ** 2;
        const size = Math.sqrt(nu[j]! / (1 - 0.999 ** t)) + 1e-8;
        value[j] = value[j]! * (1 - 1e-4) - (1e-2 * mu[j]!) / (1 - 0.9 ** t) / size;
      }
      tf.tidy(() => parameter.assign(tf.tensor(value, parameter.shape)));
    }
  };
}
