// Each way to learn from preferences, from the command line: it learns, and says what is wrong with its options.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { llm, llmJson } from '../test/run-llm.ts';
import { TINY_MODEL, writeTinyFiles } from '../test/tiny-files.ts';
import type { TinyFiles } from '../test/tiny-files.ts';

let folder = '';
let files: TinyFiles;
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'llm-preferences-'));
  files = writeTinyFiles(folder);
  await llm(
    ...['pretrain', '--data', files.text, '--out', at('base'), ...TINY_MODEL],
    ...['--steps', '1', '--learning-rate', '0.01'],
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Result {
  loss: number;
  metrics: Record<string, number>;
}

const common = (name: string, data: string): string[] => [
  ...[name, '--model', at('base'), '--data', data, '--backend', 'cpu'],
  ...['--learning-rate', '0.01', '--warmup', '0', '--batch', '4'],
];

describe('llm dpo', () => {
  it('mixes losses and weighs pairs', async () => {
    const { metrics } = await llmJson<Result>(
      ...[...common('dpo', files.preferences), '--out', at('mixed'), '--steps', '20', '--wpo'],
      ...[
        '--loss',
        'sigmoid=0.8',
        '--loss',
        'bco_pair=0.2',
        '--loss',
        'sft=0.1',
        '--ld-alpha',
        '0.5',
      ],
    );
    expect(metrics['rewards/accuracies']).toBe(1);
    expect(metrics['rewards/margins']).toBeGreaterThan(0);
  });

  it.each([
    [['--loss', 'sigmiod'], 'sft, aot, aot_unpaired, got "sigmiod". Did you mean sigmoid?'],
    [['--loss', 'sft=much'], '--loss: expected NAME or NAME=NUMBER, got "sft=much".'],
    [['--loss', 'exo_pair'], '--label-smoothing: expected a number above 0 for exo_pair, got 0.'],
  ])('refuses %j', async (options, message) => {
    const { code, stderr } = await llm(
      ...[...common('dpo', files.preferences), '--out', at('refused'), ...options],
    );
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });
});

/** Preferences that a tiny model learns in a moment. */
function writeTriples(): string {
  const row = (prompt: string) => ({
    ...{ prompt, chosen: ' yes.', rejected: ' no!' },
    reference: ' yes.',
  });
  const rows = ['a?', 'b?', 'c?', 'd?'].map((prompt) => `${JSON.stringify(row(prompt))}\n`);
  writeFileSync(at('triples.jsonl'), rows.join(''));
  return at('triples.jsonl');
}

describe('llm orpo, llm cpo, llm simpo and llm tpo', () => {
  it.each(['orpo', 'cpo', 'simpo', 'tpo'])(
    '%s comes to prefer the chosen answers',
    async (name) => {
      const { metrics } = await llmJson<Result>(
        ...[...common(name, writeTriples()), '--out', at(name), '--steps', '15'],
      );
      expect(metrics['rewards/accuracies']).toBe(1);
      expect(metrics['rewards/margins']).toBeGreaterThan(0);
    },
  );
});

describe('llm kto and llm bco', () => {
  it.each(['kto', 'bco'])('%s learns from pairs taken apart', async (name) => {
    const { metrics } = await llmJson<Result>(
      ...[...common(name, files.preferences), '--out', at(name), '--steps', '15'],
    );
    expect(metrics['rewards/margins']).toBeGreaterThan(0);
  });

  it('says how to balance wanted and unwanted answers', async () => {
    const rows = [true, true, true, false].map((label, i) => ({
      ...{ prompt: `${i}?`, completion: ` ${i}.` },
      label,
    }));
    writeFileSync(at('judged.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    const { stderr, code } = await llm(
      ...[...common('kto', at('judged.jsonl')), '--out', at('balance'), '--steps', '1'],
    );
    expect(stderr).toContain(
      '3 wanted and 1 unwanted answers pull as 3.00 to 1; --undesirable-weight between 2.25 and 3.00',
    );
    expect(code).toBe(0);
  });
});

describe('llm distill', () => {
  it('brings a student near its teacher', async () => {
    const teach = (steps: number) =>
      llmJson<Result>(
        ...[...common('distill', files.pairs), '--teacher', at('orpo')],
        ...['--out', at(`distilled-${steps}`), '--steps', `${steps}`],
      );
    const [before, after] = [await teach(1), await teach(15)];
    expect(after.loss).toBeLessThan(before.loss / 2);
  });
});

describe('llm labels', () => {
  it('marks what llm sft would train, in text and in JSON', async () => {
    const labels = ['labels', '--model', at('base'), '--data', files.pairs, '--show', '1'];
    const { stdout } = await llm(...labels);
    expect(stdout).toContain('Capital of France?⟦ Paris.');
    const { data, examples } = await llmJson<{
      data: { trainedTokens: number };
      examples: { text: string; isTrained: boolean }[][];
    }>(...labels);
    expect(data.trainedTokens).toBeGreaterThan(0);
    expect(examples[0]!.map(({ isTrained }) => isTrained)).toEqual([false, true]);
  });
});
