import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nn, tf, useBackend } from '@llm/tensor';
import { openSafetensors, writeSafetensors } from '@llm/tensor/io';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CausalLm } from '../models/causal-lm.ts';
import { createModel } from '../models/create-model.ts';
import { interleavedRowOrder } from '../gguf/interleaved-rows.ts';
import { layoutOf } from './layout.ts';
import { loadModel } from './load-model.ts';
import { saveModel } from './save-model.ts';

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));

const MODELS = ['gpt2-tiny', 'llama-tiny', 'llama-tied-tiny'] as const;

function expectSameWeights(a: CausalLm, b: CausalLm): void {
  const values = (model: CausalLm): Map<string, unknown> =>
    new Map(Array.from(model.namedParameters(), ([path, p]) => [path, p.arraySync()]));
  expect(values(a)).toEqual(values(b));
}

let folder: string;

beforeAll(() => useBackend('cpu'));
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'llm-checkpoint-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe.each(MODELS)('%s', (name) => {
  it('is saved as it was loaded, file by file', async () => {
    const model = await loadModel(fixture(name));
    await saveModel(model, folder);
    const again = await loadModel(folder);
    expect(again.config).toEqual(model.config);
    expectSameWeights(again, model);
  });

  it('names its parameters as the checkpoint does, both ways', async () => {
    const model = await loadModel(fixture(name));
    const { key } = layoutOf(model.config);
    for (const [path] of model.namedParameters()) expect(nn.toCamelPath(key(path))).toBe(path);
  });
});

describe.each(['F16', 'BF16'] as const)('saved as %s', (dtype) => {
  it.each(MODELS)('%s comes back rounded, once', async (name) => {
    const model = await loadModel(fixture(name));
    await saveModel(model, folder, { dtype });
    const text = await readFile(join(folder, 'config.json'), 'utf8');
    const expected = dtype === 'F16' ? 'float16' : 'bfloat16';
    expect(JSON.parse(text)).toMatchObject({ dtype: expected });
    const again = await loadModel(folder);
    const eps = dtype === 'F16' ? 2 ** -11 : 2 ** -8; // half a unit in the last place
    const originals = new Map(model.namedParameters());
    for (const [path, parameter] of again.namedParameters()) {
      const original = originals.get(path)!.dataSync();
      const isNear = (x: number, i: number) =>
        Math.abs(x - original[i]!) <= eps * Math.abs(original[i]!) + 2 ** -25;
      expect(Array.from(parameter.dataSync()).every(isNear), path).toBe(true);
    }
    const folderAgain = await mkdtemp(join(tmpdir(), 'llm-checkpoint-'));
    await saveModel(again, folderAgain, { dtype }); // rounds nothing any more
    const bytes = (path: string) => readFile(join(path, 'model.safetensors'));
    expect((await bytes(folderAgain)).equals(await bytes(folder))).toBe(true);
    await rm(folderAgain, { recursive: true });
  });
});

describe('shards', () => {
  it('are written where one file would be larger, read back, and replaced by one file', async () => {
    const model = await loadModel(fixture('gpt2-tiny'));
    await saveModel(model, folder, { maxShardBytes: 4000 });
    const files = await readdir(folder);
    expect(files).toContain('model.safetensors.index.json');
    expect(
      files.filter((file) => /^model-\d{5}-of-\d{5}\.safetensors$/.test(file)).length,
    ).toBeGreaterThan(2);
    expectSameWeights(await loadModel(folder), model);
    await saveModel(model, folder);
    expect((await readdir(folder)).sort()).toEqual([
      'config.json',
      'generation_config.json',
      'model.safetensors',
    ]);
    expectSameWeights(await loadModel(folder), model);
  });

  it('that are not there are named', async () => {
    await saveModel(await loadModel(fixture('gpt2-tiny')), folder, { maxShardBytes: 4000 });
    const shard = (await readdir(folder)).find((file) => file.startsWith('model-00002'))!;
    await rm(join(folder, shard));
    await expect(loadModel(folder)).rejects.toThrow(
      `expected ${shard} beside it, got no such file`,
    );
  });
});

describe.each(['gpt2-tiny', 'llama-tiny'])('%s as GGUF', (name) => {
  it('has the weights of the safetensors file', async () => {
    const fromGguf = await loadModel(join(fixture(name), 'model.gguf'));
    const fromFolder = await loadModel(fixture(name));
    expectSameWeights(fromGguf, fromFolder);
    const { vocabSize, tieWordEmbeddings, eosTokenId } = fromFolder.config;
    expect(fromGguf.config).toMatchObject({ vocabSize, tieWordEmbeddings, eosTokenId });
  });
});

describe('interleavedRowOrder', () => {
  it('of two heads of four rows takes even rows, then odd ones', () => {
    expect([...interleavedRowOrder(8, 2)]).toEqual([0, 2, 1, 3, /* */ 4, 6, 5, 7]);
  });
});

describe('loadModel', () => {
  /** A copy of a fixture with its tensors changed. */
  async function changed(change: (tensors: Map<string, tf.Tensor>) => void): Promise<string> {
    await cp(fixture('gpt2-tiny'), folder, { recursive: true });
    const path = join(folder, 'model.safetensors');
    const file = await openSafetensors(path);
    const tensors = new Map<string, tf.Tensor>();
    for (const key of file.tensors.keys()) tensors.set(key, await file.read(key));
    await file.close();
    change(tensors);
    await writeSafetensors(path, tensors);
    return folder;
  }

  it('reads a file of the bare body, with its mask buffers', async () => {
    const path = await changed((tensors) => {
      for (const [key, tensor] of [...tensors]) {
        tensors.delete(key);
        tensors.set(key.replace('transformer.', ''), tensor);
      }
      tensors.set('h.0.attn.bias', tf.ones([1, 1, 2, 2]));
    });
    expectSameWeights(await loadModel(path), await loadModel(fixture('gpt2-tiny')));
  });

  it('lists missing and unknown tensors', async () => {
    const path = await changed((tensors) => {
      tensors.delete('transformer.wpe.weight');
      tensors.set('transformer.wpx.weight', tf.ones([1]));
    });
    await expect(loadModel(path)).rejects.toThrow(
      'got 1 missing (transformer.wpe.weight) and 1 unknown (transformer.wpx.weight)',
    );
  });

  it('names the tensor of a wrong shape, and leaves no tensor behind', async () => {
    const path = await changed((tensors) =>
      tensors.set('transformer.wpe.weight', tf.ones([3, 12])),
    );
    const before = tf.memory().numTensors;
    await expect(loadModel(path)).rejects.toThrow(
      'transformer.wpe.weight: expected [24, 12], got [3, 12]',
    );
    expect(tf.memory().numTensors).toBe(before);
  });

  it('says which config.json is not JSON', async () => {
    await writeFile(join(folder, 'config.json'), '{');
    await expect(loadModel(folder)).rejects.toThrow(
      `${join(folder, 'config.json')}: expected JSON`,
    );
  });

  it('says what is not there', async () => {
    const nowhere = join(folder, 'nowhere');
    await expect(loadModel(nowhere)).rejects.toThrow(
      `${nowhere}: expected a folder or a .gguf file`,
    );
    await expect(loadModel(folder)).rejects.toThrow('config.json: expected the configuration');
    await cp(join(fixture('gpt2-tiny'), 'config.json'), join(folder, 'config.json'));
    await expect(loadModel(folder)).rejects.toThrow('model.safetensors: expected the weights');
  });

  it('refuses a tensor that two shards hold', async () => {
    await cp(fixture('llama-tiny'), folder, { recursive: true });
    const path = join(folder, 'model-00002-of-00003.safetensors');
    await cp(join(folder, 'model-00001-of-00003.safetensors'), path);
    await expect(loadModel(folder)).rejects.toThrow('expected in one shard, got it in two');
  });

  it('refuses an index that leads out of its folder', async () => {
    await cp(fixture('llama-tiny'), folder, { recursive: true });
    const index = { weight_map: { 'model.norm.weight': '../model.safetensors' } };
    await writeFile(join(folder, 'model.safetensors.index.json'), JSON.stringify(index));
    await expect(loadModel(folder)).rejects.toThrow('expected names of safetensors files');
  });

  it('gives a model in evaluation mode', async () => {
    const model = await loadModel(fixture('gpt2-tiny'));
    expect(model.training).toBe(false);
  });
});

describe('saveModel', () => {
  const config = {
    modelType: 'gpt2',
    vocabSize: 9,
    nPositions: 4,
    nEmbd: 4,
    nLayer: 1,
    nHead: 1,
  } as const;

  it('writes the special tokens for generation', async () => {
    const model = createModel({ ...config, eosTokenId: [2, 3], bosTokenId: 1 }, { seed: 1 });
    await saveModel(model, folder);
    const text = await readFile(join(folder, 'generation_config.json'), 'utf8');
    expect(JSON.parse(text)).toEqual({
      _from_model_config: true,
      bos_token_id: 1,
      eos_token_id: [2, 3],
    });
  });

  it('refuses a model with adapters', async () => {
    const model = createModel(config, { seed: 1 });
    class Wrapped extends nn.Module {
      constructor(readonly base: nn.Linear) {
        super();
      }
      forward(x: tf.Tensor): tf.Tensor {
        return this.base.forward(x);
      }
    }
    const path = 'transformer.h.0.mlp.cFc';
    model.setModule(path, new Wrapped(model.getModule(path) as nn.Linear));
    await expect(saveModel(model, folder)).rejects.toThrow(
      'transformer.h.0.mlp.cFc.base.weight: expected a parameter of the plain model',
    );
  });
});
