import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Generator, nn, tf, useBackend } from '@llm/tensor';
import { openSafetensors, writeSafetensors } from '@llm/tensor/io';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { adapterNames, addLora, loadAdapter, saveAdapter } from '../index.ts';
import { loraParts } from '../test/adapted-model.ts';

class Model extends nn.Module {
  layers = [3, 4].map((size) => new nn.Linear(size, 2, { generator: new Generator(1) }));
}

let directory: string;
let model: Model;
beforeAll(() => useBackend('cpu'));
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'adapter-'));
  model = new Model();
  addLora(model, { rank: 2, targetModules: 'all-linear', dropout: 0.1 });
  await saveAdapter(model, directory, 'default', { baseModel: 'my/base', taskType: 'SEQ_CLS' });
});
afterEach(() => rm(directory, { recursive: true }));

const configPath = () => join(directory, 'adapter_config.json');
const weightsPath = () => join(directory, 'adapter_model.safetensors');

async function edit(change: (config: Record<string, unknown>) => void): Promise<void> {
  const config = JSON.parse(await readFile(configPath(), 'utf8')) as Record<string, unknown>;
  change(config);
  await writeFile(configPath(), JSON.stringify(config));
}

async function rewrite(change: (tensors: Map<string, tf.Tensor>) => void): Promise<void> {
  const file = await openSafetensors(weightsPath());
  const tensors = new Map<string, tf.Tensor>();
  for (const name of file.tensors.keys()) tensors.set(name, await file.read(name));
  await file.close();
  change(tensors);
  await writeSafetensors(weightsPath(), tensors);
}

describe('saveAdapter and loadAdapter', () => {
  it('give back the same numbers and settings', async () => {
    const fresh = new Model();
    const { paths, unknownKeys } = await loadAdapter(fresh, directory);
    expect(paths).toEqual(['layers.0', 'layers.1']);
    expect(unknownKeys).toEqual([]);
    const values = (of: Model) => loraParts(of).map(([, { loraA }]) => [...loraA.dataSync()]);
    expect(values(fresh)).toEqual(values(model));
    expect(loraParts(fresh)[0]![1].info.config).toEqual(loraParts(model)[0]![1].info.config);
    expect(fresh.trainableParameters()).toEqual([]); // loaded for inference
  });

  it('note the base model and the task', async () => {
    expect(JSON.parse(await readFile(configPath(), 'utf8'))).toMatchObject({
      ...{ base_model_name_or_path: 'my/base', task_type: 'SEQ_CLS', peft_type: 'LORA', r: 2 },
      ...{ target_modules: 'all-linear', fan_in_fan_out: false, lora_dropout: 0.1 },
    });
  });

  it('report unknown configuration keys', async () => {
    await edit((config) => (config.brand_new = 1));
    expect((await loadAdapter(new Model(), directory)).unknownKeys).toEqual(['brand_new']);
  });

  it.each([
    ['use_qalora', true, 'use_qalora: expected false, got true'],
    ['bias', 'some', 'bias: expected none, all, lora_only, got "some"'],
    ['modules_to_save', 'score', 'modules_to_save: expected a list of names, got "score"'],
    ['modules_to_save', ['scor'], 'modulesToSave: expected names of modules, got "scor"'],
    ['init_lora_weights', 'loftq', 'save others with path_initial_model_for_weight_conversion'],
    ['peft_type', 'IA3', 'peft_type: expected one of LORA, PROMPT_TUNING'],
    ['r', 0, 'lora: rank: expected a positive integer, got 0'],
  ])('refuse a configuration with %s = %j', async (key, value, message) => {
    await edit((config) => (config[key] = value));
    await expect(loadAdapter(new Model(), directory)).rejects.toThrow(message);
  });

  it('refuse missing and extra keys and wrong shapes, leaving the model as it was', async () => {
    const key = 'base_model.model.layers.1.lora_B.weight';
    const cases: [(tensors: Map<string, tf.Tensor>) => void, string][] = [
      [(t) => t.delete(key), `missing 1 (${key}); without a layer 0`],
      [(t) => t.set('base_model.model.x.lora_A.weight', tf.zeros([1])), 'without a layer 1'],
      [(t) => t.set(key, tf.zeros([3, 2])), `${key}: expected [2,2], got [3,2]`],
    ];
    const original = join(directory, 'original');
    await cp(weightsPath(), original);
    for (const [change, message] of cases) {
      await cp(original, weightsPath());
      await rewrite(change);
      const fresh = new Model();
      const tensors = tf.memory().numTensors;
      await expect(loadAdapter(fresh, directory)).rejects.toThrow(message);
      expect(tf.memory().numTensors).toBe(tensors);
      expect(adapterNames(fresh)).toEqual([]);
      expect(fresh.trainableParameters()).toHaveLength(4);
    }
  });

  it('name the missing file', async () => {
    await expect(loadAdapter(new Model(), join(directory, 'nowhere'))).rejects.toThrow(
      /nowhere.adapter_config\.json: expected a file, got ENOENT/,
    );
    await writeFile(configPath(), '{"r": ');
    await expect(loadAdapter(new Model(), directory)).rejects.toThrow('expected a JSON object');
  });
});
