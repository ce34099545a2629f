// Every architecture to a GGUF file and back. tools/fixtures/check_gguf_models.py compares the logits of
// llama.cpp on the same files: LLM_SAVED=FOLDER npx vitest run src/gguf leaves them there.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tf, useBackend, type Tensor } from '@llm/tensor';
import { openGguf, writeSafetensors, type GgufMetadataValue } from '@llm/tensor/io';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadModel } from '../checkpoint/load-model.ts';
import { completeConfig } from '../config/config.ts';
import { ConfigError } from '../errors.ts';
import type { CausalLm } from '../models/causal-lm.ts';
import { createModel } from '../models/create-model.ts';
import { fixture, largestDifference } from '../models/reference-fixture.ts';
import { CASES, SIZES } from './gguf-cases.ts';
import { saveGguf } from './save-gguf.ts';

let folder: string;
beforeAll(async () => {
  await useBackend('cpu');
  folder = process.env['LLM_SAVED'] ?? (await mkdtemp(join(tmpdir(), 'llm-gguf-')));
  await mkdir(folder, { recursive: true });
});
afterAll(async () => {
  if (process.env['LLM_SAVED'] === undefined) await rm(folder, { recursive: true });
});

const IDS = [1, 5, 9, 20, 47, 3, 30, 8, 12, 40];
const logitsOf = (model: CausalLm): Tensor =>
  tf.tidy(() => model.forward(tf.tensor2d(IDS, [1, IDS.length], 'int32')));

describe.each(Object.entries(CASES))('%s', (name, [input, readsAs]) => {
  it('comes back with its logits and its configuration', async () => {
    const model = createModel(input, { seed: 5 });
    randomizeNorms(model);
    model.eval();
    const path = join(folder, `${name}.gguf`);
    const types = await saveGguf(model, path, { type: 'F32' });
    expect(Object.keys(types)).toEqual(['F32']);
    const again = await loadModel(path);
    const wanted = logitsOf(model);
    const got = logitsOf(again);
    expect(largestDifference(got, wanted)).toBeLessThan(2e-5);
    expect(again.config.modelType).toBe(readsAs ?? input.modelType);
    const keys = readsAs === undefined ? [...SAME, 'ropeScaling', 'ropes'] : SAME;
    expect(pick(again.config, keys)).toEqual(pick(model.config, keys));
    await writeSafetensors(join(folder, `${name}.safetensors`), [['logits', wanted]]);
    tf.dispose([wanted, got]);
    model.dispose();
    again.dispose();
  });
});

/** Fields that no way through a file may change. */
const SAME = [
  ...['vocabSize', 'hiddenSize', 'nEmbd', 'numHiddenLayers', 'headDim', 'rmsNormEps'],
  ...['tieWordEmbeddings', 'bosTokenId', 'eosTokenId'],
];

const pick = (config: object, keys: readonly string[]) =>
  Object.fromEntries(Object.entries(config).filter(([key]) => keys.includes(key)));

/** Norms of all ones (or zeros) would hide a wrong offset. */
function randomizeNorms(model: CausalLm): void {
  for (const [path, parameter] of model.namedParameters()) {
    if (!/norm|bias/i.test(path)) continue;
    const noise = tf.randomNormal(parameter.shape, 0, 0.2, 'float32', path.length);
    parameter.assign(tf.add(parameter, noise));
  }
}

describe('saveGguf', () => {
  it('stores what Transformers saved as llama.cpp wants it, read back to the same weights', async () => {
    for (const name of ['gpt2-tiny', 'llama-tiny', 'mixtral-tiny', 'qwen3-tiny', 'gpt-neox-tiny']) {
      const model = await loadModel(fixture(name));
      const path = join(folder, 'again.gguf');
      await saveGguf(model, path, { type: 'F32' });
      const again = await loadModel(path);
      const originals = new Map(model.namedParameters());
      for (const [key, parameter] of again.namedParameters()) {
        expect(parameter.arraySync(), key).toEqual(originals.get(key)!.arraySync());
      }
      again.dispose();
      model.dispose();
    }
  });

  it('keeps vectors and routers whole, makes the output finer, and fits rows', async () => {
    const config = completeConfig({
      ...CASES['mixtral']![0],
      hiddenSize: 256,
      headDim: 64,
      intermediateSize: 288,
    });
    const model = createModel(config, { seed: 1 });
    const path = join(folder, 'mixed.gguf');
    await saveGguf(model, path, { type: 'Q4_K' });
    const file = await openGguf(path);
    const type = (name: string) => file.tensors.get(name)!.type;
    expect(type('blk.0.attn_q.weight')).toBe('Q4_K');
    expect(type('blk.0.ffn_down_exps.weight')).toBe('Q5_0'); // rows of 288
    expect(type('output.weight')).toBe('Q6_K');
    expect(type('blk.0.ffn_gate_inp.weight')).toBe('F32');
    expect(type('blk.0.attn_norm.weight')).toBe('F32');
    expect(file.tensors.get('blk.1.ffn_gate_exps.weight')!.shape).toEqual([3, 288, 256]);
    expect(file.metadata.get('general.file_type')).toBe(14);
    expect(file.metadata.get('llama.expert_count')).toBe(3);
    await file.close();
    const again = await loadModel(path);
    const originals = new Map(model.namedParameters());
    for (const [key, parameter] of again.namedParameters()) {
      // A step of Q4_K over ±4 deviations of 0.3 is 0.16, and rounding is off by half of it at most.
      expect(largestDifference(parameter, originals.get(key)!), key).toBeLessThan(0.13);
    }
    model.dispose();
    again.dispose();
  });

  it.each(['mixtral', 'gptneox', 'llama-3.1', 'phi3', 'gemma2'])(
    '%s: is used in its blocks as it is dequantised',
    async (name) => {
      const model = createModel(CASES[name]![0], { seed: 2 });
      const path = join(folder, 'blocks.gguf');
      await saveGguf(model, path, { type: 'Q8_0' });
      const floats = await loadModel(path);
      const blocks = await loadModel(path, { weights: 'quantized' });
      const [wanted, got] = [logitsOf(floats), logitsOf(blocks)];
      expect(largestDifference(got, wanted)).toBeLessThan(1e-4);
      await expect(saveGguf(blocks, path)).rejects.toThrow('expected float32 weights, got Q8_0');
      for (const thing of [model, floats, blocks, wanted, got]) thing.dispose();
    },
  );

  it('writes the tokenizer, padded to the model’s vocabulary', async () => {
    const model = createModel(CASES['llama']![0], { seed: 1 });
    const path = join(folder, 'vocabulary.gguf');
    const tokens = Array.from({ length: 46 }, (_, i) => `t${i}`);
    const tokenizer = new Map<string, GgufMetadataValue>([
      ['tokenizer.ggml.model', 'gpt2'],
      ['tokenizer.ggml.tokens', tokens],
      ['tokenizer.ggml.token_type', new Int32Array(46).fill(1)],
      ['tokenizer.ggml.eos_token_id', 7],
    ]);
    await saveGguf(model, path, { tokenizer, name: 'Tiny' });
    const { metadata, close } = await openGguf(path);
    await close();
    expect(metadata.get('general.name')).toBe('Tiny');
    expect(metadata.get('tokenizer.ggml.tokens')).toEqual([...tokens, '[PAD46]', '[PAD47]']);
    expect((metadata.get('tokenizer.ggml.token_type') as number[]).slice(45)).toEqual([1, 5, 5]);
    expect(metadata.get('tokenizer.ggml.eos_token_id')).toBe(7);
    expect(metadata.get('tokenizer.ggml.bos_token_id')).toBe(1);
    const many = new Map([
      ['tokenizer.ggml.tokens', Array.from({ length: 49 }, () => 't')],
    ] as const);
    await expect(saveGguf(model, path, { tokenizer: many })).rejects.toThrow(
      "expected at most the model's 48 tokens, got 49",
    );
    model.dispose();
  });

  it.each<[string, Record<string, unknown>, string]>([
    [
      'dynamic positions',
      { ...CASES['llama']![0], ropeScaling: { ropeType: 'dynamic', factor: 2 } },
      'got dynamic',
    ],
    [
      'another scale of scores',
      { ...CASES['gemma2']![0], queryPreAttnScalar: 5 },
      'queryPreAttnScalar: expected 16',
    ],
    [
      'experts in some layers only',
      { ...CASES['qwen3-moe']![0], mlpOnlyLayers: [1] },
      'mlpOnlyLayers',
    ],
    [
      'windows without a pattern',
      {
        ...CASES['gemma3']![0],
        numHiddenLayers: 3,
        layerTypes: ['full_attention', 'sliding_attention', 'full_attention'],
      },
      'layerTypes',
    ],
  ])('refuses %s', async (_, input, message) => {
    const model = createModel(completeConfig(input), { seed: 1 });
    const saving = saveGguf(model, join(folder, 'refused.gguf'));
    await expect(saving).rejects.toThrow(message);
    await expect(saving).rejects.toThrow(ConfigError);
    model.dispose();
  });

  it('says within which context a window of every layer changes nothing', async () => {
    const model = createModel({ modelType: 'mistral', ...SIZES, slidingWindow: 16 }, { seed: 1 });
    const path = join(folder, 'window.gguf');
    await saveGguf(model, path);
    const { metadata, close } = await openGguf(path);
    await close();
    expect(metadata.get('llama.context_length')).toBe(16);
    model.dispose();
  });
});
