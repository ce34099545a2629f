// `llm demo --small`: every stage of the road once, in seconds, and what it leaves behind.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { llm, llmJson } from '../test/run-llm.ts';

interface Results {
  readonly out: string;
  readonly gains: readonly { stage: string; measure: string; before: number; after: number }[];
  readonly pretraining: { readonly bitsPerByte: Record<'bigram' | 'trigram' | 'model', number> };
  readonly memory: { readonly parts: readonly { name: string; bytes: number }[] };
  readonly questions: readonly string[];
  readonly answers: readonly { stage: string; answers: readonly string[] }[];
}

let folder = '';
let out = '';
let results: Results;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'llm-demo-'));
  out = join(folder, 'run');
  results = await llmJson<Results>('demo', '--small', '--out', out);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('llm demo --small', () => {
  it('writes what it prints to results.json', () => {
    expect(JSON.parse(readFileSync(join(out, 'results.json'), 'utf8'))).toEqual(results);
    expect(results.out).toBe(out);
  });

  it('measures every stage before and after', () => {
    const stages = new Set(results.gains.map(({ stage }) => stage));
    expect([...stages]).toEqual(['pretraining', 'SFT', 'reward model', 'PPO', 'DPO', 'LoRA']);
    for (const { before, after } of results.gains) {
      expect(Number.isFinite(before) && Number.isFinite(after)).toBe(true);
    }
    const { bigram, trigram, model } = results.pretraining.bitsPerByte;
    expect(trigram).toBeLessThan(bigram);
    expect(model).toBeLessThan(8); // a uniform guess over bytes
  });

  it('answers the held-out questions at each stage', () => {
    expect(results.questions.length).toBeGreaterThan(0);
    for (const { answers } of results.answers) {
      expect(answers).toHaveLength(results.questions.length);
    }
  });

  it('leaves models that the other commands open', async () => {
    expect(readdirSync(out)).toEqual(
      expect.arrayContaining(['tokenizer', 'pretrained', 'sft', 'reward', 'ppo', 'dpo', 'lora']),
    );
    const prompt = ['--prompt', 'Question: Where?\nAnswer:', '--greedy', '--max-new-tokens', '3'];
    for (const name of ['pretrained', 'sft', 'ppo', 'dpo']) {
      const { ids } = await llmJson<{ ids: number[] }>(
        ...['generate', '--model', join(out, name), ...prompt],
      );
      expect(ids.length).toBeGreaterThan(0);
    }
    const adapter = ['--adapter', `a=${join(out, 'lora')}`];
    await llmJson('generate', '--model', join(out, 'sft'), ...adapter, ...prompt);
  });

  it('removes no files but those of an earlier demo', async () => {
    writeFileSync(join(folder, 'mine.txt'), 'mine');
    const { code, stderr } = await llm('demo', '--small', '--out', folder);
    expect([code, stderr]).toEqual([1, expect.stringContaining('got other files')]);
    expect(readdirSync(folder)).toContain('mine.txt');
  });
});
