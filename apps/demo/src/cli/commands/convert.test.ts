// `llm convert` with a tiny model: what comes out says what the model says.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openGguf } from '@llm/tensor/io';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { llm, llmJson } from '../test/run-llm.ts';
import { TINY_MODEL, writeTinyFiles } from '../test/tiny-files.ts';

const CPU = ['--backend', 'cpu'];
let folder = '';
let corpus = '';
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'llm-convert-'));
  const { text, pairs } = writeTinyFiles(folder);
  corpus = text;
  const sizes = ['--hidden', '32', '--arch', 'llama', '--steps', '20', '--learning-rate', '0.01'];
  const model = ['--data', text, '--out', at('model'), ...TINY_MODEL, ...sizes];
  await llm('pretrain', ...model);
  const adapter = ['--model', at('model'), '--data', pairs, '--out', at('adapter'), '--lora'];
  await llm('sft', ...adapter, ...CPU, '--steps', '3', '--learning-rate', '0.05', '--batch', '2');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Converted {
  readonly format: string;
  readonly type: string;
  readonly bytes: number;
  readonly types: Record<string, number>;
  readonly before?: { readonly perplexity: number };
  readonly after?: { readonly perplexity: number };
  readonly perplexityLost?: number;
}

const convert = (model: string, out: string, ...more: string[]) =>
  llmJson<Converted>('convert', '--model', model, '--out', out, ...CPU, ...more);

interface Answer {
  readonly ids: number[];
  readonly text: string;
}
const answer = (model: string, ...more: string[]) =>
  llmJson<Answer>(
    ...['generate', '--model', model, '--prompt', 'The capital of', '--greedy'],
    ...['--max-new-tokens', '8', ...CPU, ...more],
  );

describe('llm convert', () => {
  it('to a GGUF file and back to a folder: same tokenizer, same words', async () => {
    const expected = await answer(at('model'));
    const gguf = await convert(at('model'), at('f32.gguf'), '--type', 'F32');
    expect(gguf).toMatchObject({ format: 'gguf', type: 'F32' });
    expect(await answer(at('f32.gguf'))).toEqual(expected);
    const back = await convert(at('f32.gguf'), at('back'), '--shard-megabytes', '0.02');
    expect(back).toMatchObject({ format: 'hf', type: 'F32' });
    expect(readdirSync(at('back'))).toContain('model.safetensors.index.json');
    expect(readdirSync(at('back'))).toContain('tokenizer.json');
    expect(await answer(at('back'))).toEqual(expected);
  });

  it('quantises, and reports types, size and the perplexity lost', async () => {
    const wide = ['--evaluate', corpus, '--block', '16'];
    const q8 = await convert(at('model'), at('q8.gguf'), '--type', 'Q8_0', ...wide);
    const q4 = await convert(at('model'), at('q4.gguf'), '--type', 'Q4_0', ...wide);
    expect(q4.bytes).toBeLessThan(q8.bytes);
    expect(q8.types['Q8_0']).toBeGreaterThan(6);
    expect(q8.before).toEqual(q4.before);
    for (const { before, after, perplexityLost } of [q8, q4])
      expect(perplexityLost).toBeCloseTo(after!.perplexity / before!.perplexity - 1, 9);
    expect(Math.abs(q8.perplexityLost!)).toBeLessThan(0.01);
    expect(Math.abs(q4.perplexityLost!)).toBeGreaterThan(Math.abs(q8.perplexityLost!));
    const measured = await llmJson<{ perplexity: number }>(
      ...['eval', '--model', at('q4.gguf'), '--data', corpus, '--block', '16', ...CPU],
    );
    expect(measured.perplexity).toBeCloseTo(q4.after!.perplexity, 6);
  });

  it('merges adapters', async () => {
    const adapted = await answer(at('model'), '--adapter', `style=${at('adapter')}`);
    await convert(at('model'), at('merged'), '--adapter', `style=${at('adapter')}`);
    expect(await answer(at('merged'))).toEqual(adapted);
  });

  it('leaves the tokenizer out when asked', async () => {
    await convert(at('model'), at('bare.gguf'), '--no-tokenizer');
    const { metadata, close } = await openGguf(at('bare.gguf'));
    await close();
    expect(metadata.get('tokenizer.ggml.model')).toBe('no_vocab');
    expect(metadata.has('tokenizer.ggml.tokens')).toBe(false);
    const result = await llmJson<Answer>(
      ...['generate', '--model', at('bare.gguf'), '--ids', '1,2', '--max-new-tokens', '2', ...CPU],
    );
    expect(result.ids).toHaveLength(2);
  });

  it('tells people what it did', async () => {
    const out = ['--out', at('told.gguf'), '--evaluate', corpus, '--block', '16'];
    const { code, stdout } = await llm('convert', '--model', at('model'), ...out, ...CPU);
    expect(code).toBe(0);
    expect(stdout).toMatch(/told\.gguf: \d+\.\d MB, tensors: .*\d+ F16/);
    expect(stdout).toMatch(/perplexity [\d.]+ → [\d.]+ a token \([+-][\d.]+%\) on \d+ tokens/);
  });

  it.each([
    [['--out', 'x', '--type', 'Q4_K'], 2, '--type: expected F32, F16, BF16 for a folder, got Q4_K'],
    [['--out', 'x.gguf', '--type', 'Q9'], 2, '--type'],
    [
      ['--out', 'x.gguf', '--no-tokenizer', '--evaluate', 'f'],
      2,
      '--evaluate: expected a tokenizer',
    ],
  ])('refuses %j', async (more, exit, message) => {
    const { code, stderr } = await llm('convert', '--model', at('model'), ...more, ...CPU);
    expect(code).toBe(exit);
    expect(stderr).toContain(message);
  });

  it('refuses to write over the model that it reads', async () => {
    const same = ['--model', at('model'), '--out', at('model')];
    const { code, stderr } = await llm('convert', ...same, ...CPU);
    expect([code, stderr.includes('expected another path than --model')]).toEqual([2, true]);
  });
});
