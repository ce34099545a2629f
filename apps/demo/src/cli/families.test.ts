// `llm pretrain` of encoders and encoder–decoders, and the commands that read what it writes.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { llm, llmJson } from './test/run-llm.ts';
import { lossesOf, mean } from './test/run-losses.ts';
import { writeTinyFiles } from './test/tiny-files.ts';
import type { TinyFiles } from './test/tiny-files.ts';

const FAMILIES = ['bert', 't5', 'bart'] as const;
type Family = (typeof FAMILIES)[number];
const CPU = ['--backend', 'cpu'];
/** A BERT, asked for few of the words each time, learns the four sentences later, and one layer never. */
const STEPS: Readonly<Record<Family, number>> = { bert: 300, t5: 80, bart: 80 };
const RATES: Readonly<Record<Family, number>> = { bert: 0.001, t5: 0.01, bart: 0.01 };
const sizes = (layers: number, hidden: number, batch: number): string[] => [
  ...['--vocab-size', '270', '--layers', `${layers}`, '--hidden', `${hidden}`, '--heads', '2'],
  ...['--context', '48', '--block', '32', '--batch', `${batch}`],
];
const SIZES = { bert: sizes(2, 64, 16), t5: sizes(1, 16, 4), bart: sizes(1, 16, 4) } as const;

let folder = '';
let files: TinyFiles;
const at = (name: string): string => join(folder, name);

const pretrain = (family: Family, out: string, steps: number): string[] => [
  ...['pretrain', '--arch', family, '--data', files.text, '--out', at(out), ...SIZES[family]],
  ...['--steps', String(steps), '--learning-rate', String(RATES[family]), '--save-every', '4'],
];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'llm-families-'));
  files = writeTinyFiles(folder);
  for (const family of FAMILIES) {
    const { code, stderr } = await llm(...pretrain(family, family, STEPS[family]));
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('llm pretrain:')]);
  }
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('llm pretrain --arch', () => {
  it.each(FAMILIES)('%s learns, and writes a folder that Transformers reads', (family) => {
    expect(readdirSync(at(family))).toEqual(
      expect.arrayContaining(['config.json', 'model.safetensors', 'tokenizer.json']),
    );
    const config = JSON.parse(readFileSync(join(at(family), 'config.json'), 'utf8')) as object;
    expect(config).toMatchObject({ model_type: family });
    const losses = lossesOf(at(family));
    expect(mean(losses.slice(-10))).toBeLessThan(mean(losses.slice(0, 5)) - 1);
  });

  it.each(FAMILIES)('%s resumes to the same bits', async (family) => {
    const weights = (run: string) =>
      readFileSync(join(at(run), 'model.safetensors')).toString('base64');
    const [whole, cut] = [`${family}-whole`, `${family}-cut`];
    await llm(...pretrain(family, whole, 8));
    cpSync(at(whole), at(cut), { recursive: true });
    for (const name of ['checkpoint-8', 'model.safetensors'])
      rmSync(join(at(cut), name), { recursive: true });
    const result = await llmJson(...pretrain(family, cut, 8), '--resume');
    expect(result).toMatchObject({ step: 8, resumedFrom: 4, stopReason: 'finished' });
    expect(weights(cut)).toBe(weights(whole));
  });

  it('says what a tokenizer must have for the family', async () => {
    const data = ['--data', files.text];
    await llmJson(...['tokenizer', 'train', ...data, '--out', at('tok'), '--vocab-size', '280']);
    const run = (family: Family, out: string) =>
      llm(...pretrain(family, out, 1), '--tokenizer', at('tok'));
    expect((await run('bert', 'b')).stderr).toContain(
      '--tokenizer: expected a token [PAD] or <pad>',
    );
    expect((await run('t5', 't')).stderr).toContain('--tokenizer: expected a token');
  });

  it('wants stretches in which something can be lost', async () => {
    const { code, stderr } = await llm(...pretrain('bert', 'short', 1), '--block', '7');
    expect(code).toBe(2);
    expect(stderr).toContain('--block: expected at least 8 with --arch bert, got 7');
  });
});

describe('what reads them', () => {
  it('llm fill-mask knows a word of the text', async () => {
    const text = 'The capital of Peru [MASK] Lima.';
    const { masks } = await llmJson<{ masks: { token: string; probability: number }[][] }>(
      ...['fill-mask', '--model', at('bert'), '--text', text, '--top', '3', ...CPU],
    );
    expect(masks).toHaveLength(1);
    expect(masks[0]).toHaveLength(3);
    expect(masks[0]![0]!.token).toBe('is');
    expect(masks[0]![0]!.probability).toBeGreaterThan(masks[0]![1]!.probability);
  });

  it('llm fill-mask says that there is no mask, and what is no encoder', async () => {
    const fill = (model: string) =>
      llm('fill-mask', '--model', at(model), '--text', 'The capital', ...CPU);
    expect((await fill('bert')).stderr).toContain('--text: expected at least one [MASK], got none');
    expect((await fill('t5')).code).toBe(1);
  });

  it('llm embed gives vectors of the width', async () => {
    const { embeddings } = await llmJson<{ embeddings: number[][] }>(
      ...['embed', '--model', at('bert'), '--text', 'Lima', '--text', 'Rome', ...CPU],
    );
    expect(embeddings.map(({ length }) => length)).toEqual([64, 64]);
  });

  it('llm generate writes what a T5 would put for a sentinel', async () => {
    const prompt = 'The capital of Peru <extra_id_0>.';
    const answer = await llmJson<{ ids: number[]; text: string }>(
      ...['generate', '--model', at('t5'), '--prompt', prompt, '--max-new-tokens', '8', ...CPU],
      '--greedy',
    );
    expect(answer.ids.length).toBeGreaterThan(0);
    expect(answer.text).not.toContain('extra_id'); // special tokens are left out
  });

  it('llm generate writes with a BART, and never with a BERT', async () => {
    const generate = (model: string) =>
      llm('generate', '--model', at(model), '--prompt', 'The capital', '--greedy', ...CPU);
    expect((await generate('bart')).code).toBe(0);
    const refused = await generate('bert');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('an encoder. It reads only: use it with `llm embed`');
  });
});
