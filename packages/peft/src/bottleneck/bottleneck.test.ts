// Bottleneck adapters against the modules of the library `adapters` (tools/fixtures/bottleneck_adapters.py).
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Generator, tf, useBackend, valueAndGrads, type Tensor } from '@llm/tensor';
import { openSafetensors } from '@llm/tensor/io';
import { generate, loadModel, setGradientCheckpointing, type CausalLm } from '@llm/transformer';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  adapterParameters,
  addBottleneck,
  addLora,
  deleteAdapter,
  disableAdapters,
  loadAdapter,
  mergeAdapter,
  removeAdapters,
  saveAdapter,
  setActiveAdapters,
  withRowAdapters,
} from '../index.ts';
import { expectClose, shakeAdapter } from '../test/adapted-model.ts';

const fixtures = new URL('../../fixtures/', import.meta.url).pathname;
const folderOf = (kind: string) => join(fixtures, 'bottleneck', kind);
let model: CausalLm | undefined;
beforeAll(() => useBackend('native'));
afterEach(() => model?.dispose());

const open = async (name: string) => (model = (await loadModel(join(fixtures, name))).eval());
const IDS = Array.from({ length: 2 }, (_, i) =>
  Array.from({ length: 5 }, (_, j) => ((i * 5 + j) * 7) % 37),
);
const run = (of: CausalLm): Tensor => of.forward(tf.tensor2d(IDS, undefined, 'int32'));
const logits = (of: CausalLm) => tf.tidy(() => [...run(of).dataSync()]);
const loss = (of: CausalLm) => () => tf.div(tf.sum(tf.square(run(of))), 100) as Tensor;

function difference(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  const scale = Math.max(...Array.from(expected, Math.abs));
  return Math.max(...Array.from(expected, (value, i) => Math.abs(value - got[i]!))) / scale;
}

async function tensors(path: string): Promise<Map<string, number[]>> {
  const file = await openSafetensors(path);
  const result = new Map<string, number[]>();
  for (const key of [...file.tensors.keys()].sort()) {
    const tensor = await file.read(key);
    result.set(key, [...tensor.dataSync()]);
    tensor.dispose();
  }
  await file.close();
  return result;
}

describe.each(await readdir(join(fixtures, 'bottleneck')))('%s', (kind) => {
  const [name = ''] = kind.split('-');

  it("gives the library's logits and gradients on every backend", async () => {
    const expected = JSON.parse(await readFile(join(folderOf(kind), 'outputs.json'), 'utf8')) as {
      logits: number[];
    };
    const gradients = await tensors(join(folderOf(kind), 'gradients.safetensors'));
    for (const backend of ['wasm', 'cpu', 'native'] as const) {
      await useBackend(backend);
      const of = await open(name);
      await loadAdapter(of, folderOf(kind), 'task', { isTrainable: true });
      expect(difference(logits(of), expected.logits)).toBeLessThan(2e-5);
      const parameters = adapterParameters(of, 'task');
      const { grads } = valueAndGrads(
        loss(of),
        parameters.map(([, parameter]) => parameter),
      );
      for (const [i, [key]] of parameters.entries()) {
        expect(difference(grads[i]!.dataSync(), gradients.get(key)!), key).toBeLessThan(1e-4);
      }
      if (backend !== 'native') of.dispose();
    }
  });

  it('is saved as it was, under any name', async () => {
    const of = await open(name);
    await loadAdapter(of, folderOf(kind), 'other');
    const directory = await mkdtemp(join(tmpdir(), 'bottleneck-'));
    try {
      await saveAdapter(of, directory, 'other', { baseModel: name });
      deleteAdapter(of, 'other');
      await loadAdapter(of, directory, 'task');
      await saveAdapter(of, directory, 'task', { baseModel: name });
      const config = async (folder: string) =>
        JSON.parse(await readFile(join(folder, 'adapter_config.json'), 'utf8')) as object;
      const modelClass = { model_class: null }; // a class of Transformers'
      expect(await config(directory)).toEqual({ ...(await config(folderOf(kind))), ...modelClass });
      const file = 'adapter.safetensors';
      expect(await tensors(join(directory, file))).toEqual(
        await tensors(join(folderOf(kind), file)),
      );
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

describe('addBottleneck', () => {
  it('changes nothing at first with par_bn, whose upper layer is zero, and little with the others', async () => {
    const of = await open('llama');
    const before = logits(of);
    addBottleneck(of, { kind: 'par_bn' }, 'parallel');
    expect(logits(of)).toEqual(before);
    addBottleneck(of, { kind: 'double_seq_bn', init: 'houlsby' }, 'houlsby');
    setActiveAdapters(of, 'houlsby');
    expect(difference(logits(of), before)).toBeLessThan(1e-3);
    expect(logits(of)).not.toEqual(before);
  });

  it('has 2·(2·C·r + r + C) parameters a layer with double_seq_bn', async () => {
    const of = await open('llama'); // C = 16, two layers
    addBottleneck(of, { reductionFactor: { 0: 4, default: 8 } }); // r = 4 and 2
    const layer = (r: number) => 2 * (2 * 16 * r + r + 16);
    const trained = of.trainableParameters().reduce((sum, { size }) => sum + size, 0);
    expect(trained).toBe(layer(4) + layer(2));
  });

  it.each(['double_seq_bn', 'seq_bn', 'par_bn'] as const)(
    '%s: trains with checkpointing, and writes with a cache what it writes without',
    async (kind) => {
      const of = await open('llama');
      addBottleneck(of, { kind, scaling: 'channel', dropout: 0.2, generator: new Generator(3) });
      shakeAdapter(of);
      const written = await generate(of, IDS, { maxNewTokens: 10 });
      const whole = [...IDS[0]!, ...written.sequences[0]!];
      const choices = tf.tidy(() => {
        const all = of.forward(tf.tensor2d([whole.slice(0, -1)], undefined, 'int32'));
        return [...tf.argMax(all, -1).dataSync()].slice(IDS[0]!.length - 1);
      });
      expect(choices).toEqual(written.sequences[0]);
      of.train();
      const gradients = [false, true].map((isOn) => {
        setGradientCheckpointing(of, isOn);
        for (const [, module] of of.namedModules()) {
          if ('generator' in module)
            (module.generator as Generator).setState({ seed: 7, counter: 0 });
        }
        const { grads } = valueAndGrads(loss(of), of.trainableParameters());
        return grads.map((gradient) => [...gradient.dataSync()]);
      });
      expect(gradients[1]).toEqual(gradients[0]);
      for (const gradient of gradients[0]!) expect(gradient.some((x) => x !== 0)).toBe(true);
    },
  );

  it('works together with LoRA inside its blocks, added before or after, and is taken out again', async () => {
    const outputs: number[][] = [];
    for (const order of [0, 1]) {
      const of = await open('llama');
      const base = logits(of);
      const add = [
        () => addLora(of, { rank: 2, targetModules: 'all-linear' }, 'lora'),
        () => addBottleneck(of, { kind: 'seq_bn', reductionFactor: 4 }, 'bn'),
      ];
      for (const i of order === 0 ? [0, 1] : [1, 0]) add[i]!();
      setActiveAdapters(of, ['lora', 'bn']);
      shakeAdapter(of, 'lora', 1);
      shakeAdapter(of, 'bn', 2);
      outputs.push(logits(of));
      expect(adapterParameters(of, 'lora').map(([key]) => key)).toContain(
        'base_model.model.model.layers.0.mlp.up_proj.lora_A.weight',
      );
      expect(disableAdapters(of, () => logits(of))).toEqual(base);
      mergeAdapter(of, 'lora');
      expectClose(logits(of), outputs[order]!, 1e-3);
      removeAdapters(of);
      of.dispose();
    }
    expectClose(outputs[0]!, outputs[1]!, 1e-5);
  });

  it('runs row by row where it reads the block alone, and says where it cannot', async () => {
    const of = await open('llama');
    addBottleneck(of, {}, 'houlsby');
    addBottleneck(of, { kind: 'par_bn' }, 'parallel');
    shakeAdapter(of, 'houlsby');
    const mixed = withRowAdapters(of, ['houlsby', '__base__'], () => logits(of));
    const half = mixed.length / 2;
    expectClose(mixed.slice(0, half), logits(of).slice(0, half), 1e-4);
    setActiveAdapters(of, []);
    expectClose(mixed.slice(half), logits(of).slice(half), 1e-4);
    expect(() => withRowAdapters(of, ['parallel', '__base__'], () => 1)).toThrow(
      'expected adapters that work row by row, got "parallel" of type BOTTLENECK',
    );
    expect(() => mergeAdapter(of, 'houlsby')).toThrow(
      'got a bottleneck, which has a non-linearity',
    );
  });

  it('names what it needs', async () => {
    const of = await open('llama');
    expect(() => addBottleneck(of, { reductionFactor: 0 })).toThrow(
      'bottleneck: reductionFactor: expected a number > 0, got 0.',
    );
    expect(() => addBottleneck(of, { nonLinearity: 'step' as 'relu' })).toThrow(
      'bottleneck: nonLinearity: expected one of relu, gelu',
    );
    expect(() => addBottleneck(of, { leaveOut: [0, 1] })).toThrow('expected some layers to remain');
    expect(() => addBottleneck(of.getModule('model.layers.0.mlp'))).toThrow(
      'bottleneck: model: expected layers of a norm, attention, a norm and a feed-forward block',
    );
    expect(of.trainableParameters().length).toBe(of.parameters().length);
  });
});
