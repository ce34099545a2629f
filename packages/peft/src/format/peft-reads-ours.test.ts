// Needs a Python with torch, transformers and peft: LLM_PEER_PYTHON=/path/to/python pnpm --filter @llm/peft test
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Generator, tf, useBackend } from '@llm/tensor';
import type { CausalLm } from '@llm/transformer';
import { beforeAll, expect, it } from 'vitest';
import { addLora, saveAdapter, type LoraOptions } from '../index.ts';
import { shakeAdapter } from '../test/adapted-model.ts';
import { ADAPTERS, ADD, loadBase } from '../test/prompt-fixtures.ts';

const python = process.env.LLM_PEER_PYTHON;
const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const inputIds = [
  [3, 1, 4, 1, 5],
  [9, 2, 6, 5, 3],
];

beforeAll(() => useBackend('cpu'));

it
  .skipIf(!python)
  .each(['llama', 'gpt2'].flatMap((name) => ADAPTERS.map((adapter) => [name, adapter] as const)))(
  'PEFT computes the same with our soft prompt: %s, %s',
  async (name, adapter) => {
    const model = await loadBase(name);
    await expectPeftAgrees(name, model, () => ADD[adapter]!(model, new Generator(11)));
  },
);

it.skipIf(!python).each<[string, string, LoraOptions]>([
  ['llama', 'all linear layers', { rank: 3, alpha: 5, targetModules: 'all-linear' }],
  ['llama', 'a pattern, rsLoRA', { rank: 4, useRslora: true, targetModules: /.*\.1\..*proj/ }],
  [
    'llama',
    'rank pattern',
    { rankPattern: { v_proj: 2 }, alphaPattern: { 'layers.0.self_attn.q_proj': 3 } },
  ],
  ['llama', 'DoRA', { useDora: true, rank: 3, targetModules: ['q_proj', 'down_proj'] }],
  ['llama', 'PiSSA', { init: 'pissa', rank: 2, alpha: 3 }],
  ['llama', 'OLoRA', { init: 'olora', rank: 2, alpha: 3 }],
  [
    'llama',
    'embeddings and a head',
    { targetModules: ['embed_tokens'], modulesToSave: ['lm_head'] },
  ],
  ['gpt2', 'all biases', { rank: 2, bias: 'all' }],
  ['gpt2', 'biases of adapted layers', { rank: 2, bias: 'lora_only', targetModules: ['c_fc'] }],
  ['variants/tied/base', 'tied', { targetModules: ['embed_tokens'], ensureWeightTying: true }],
  ['gpt2', 'the default targets', { rank: 2 }],
  ['gpt2', 'all linear layers', { rank: 2, targetModules: 'all-linear' }],
])('PEFT computes the same with our adapter: %s, %s', async (name, _what, options) => {
  const model = await loadBase(name);
  await expectPeftAgrees(name, model, () => {
    addLora(model, { ...options, generator: new Generator(11) });
    shakeAdapter(model, 'default', 12);
  });
});

/** Adds an adapter, saves it, and asks PEFT. Disposes the model. */
async function expectPeftAgrees(name: string, model: CausalLm, add: () => void): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'adapter-'));
  const folder = path(`../../fixtures/${name}`);
  try {
    add();
    await saveAdapter(model, directory);
    const ids = tf.tensor2d(inputIds, undefined, 'int32');
    const logits = [...model.forward(ids).dataSync()];
    await writeFile(join(directory, 'expected.json'), JSON.stringify({ inputIds, logits }));
    const script = path('../../../../tools/fixtures/peft_check.py');
    const args = [script, folder, directory, join(directory, 'expected.json')];
    const { status, stdout, stderr } = spawnSync(python!, args, { encoding: 'utf8' });
    expect(status, stdout + stderr).toBe(0);
  } finally {
    model.dispose();
    await rm(directory, { recursive: true });
  }
}
