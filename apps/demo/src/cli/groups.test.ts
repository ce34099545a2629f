// `llm grpo` and `llm rloo`, as a user runs them: functions from files and by name, reward models, adapters.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { llm, llmJson } from './test/run-llm.ts';
import { TINY_MODEL, writeTinyFiles } from './test/tiny-files.ts';
import type { TinyFiles } from './test/tiny-files.ts';

let folder = '';
let files: TinyFiles;
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'llm-groups-'));
  files = writeTinyFiles(folder);
  writeFileSync(
    at('letters.mjs'),
    'export default ({ completions }) =>\n' +
      "  completions.map((text) => (text.split('a').length - 1) / Math.max(1, text.length));\n",
  );
  writeFileSync(
    at('answered.jsonl'),
    ['France', 'Spain'].map((name) => `{"prompt":"Capital of ${name}?","answer":"x"}\n`).join(''),
  );
  await llm(
    'pretrain',
    '--data',
    files.text,
    '--out',
    at('base'),
    ...TINY_MODEL,
    '--steps',
    '40',
    '--learning-rate',
    '0.01',
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const train = (name: string, out: string): string[] => [
  ...[name, '--model', at('base'), '--data', at('answered.jsonl'), '--out', at(out)],
  ...['--backend', 'native', '--group-size', '4', '--batch', '8', '--max-new-tokens', '8'],
];

interface Report {
  readonly step: number;
  readonly metrics: Record<string, number>;
  readonly data: { readonly prompts: number };
}

describe('llm grpo', () => {
  it('learns from a function in a file, held by the model as it was', async () => {
    const first = await llmJson<Report>(
      ...train('grpo', 'grpo'),
      ...['--reward-function', at('letters.mjs'), '--steps', '25', '--learning-rate', '0.02'],
      ...['--kl-coefficient', '0.01', '--log-completions', '--loss', 'dr-grpo'],
    );
    expect(first).toMatchObject({ step: 25, data: { prompts: 2 } });
    const log = readFileSync(at('grpo/metrics.jsonl'), 'utf8').trim().split('\n');
    const rewards = log.map((line) => (JSON.parse(line) as { reward: number }).reward);
    const mean = (values: number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;
    expect(mean(rewards.slice(-5))).toBeGreaterThan(mean(rewards.slice(0, 5)) + 0.1);
    expect(first.metrics).toHaveProperty('rewards/letters/mean');
    expect(first.metrics['kl']).toBeGreaterThan(0);
    expect(readdirSync(at('grpo'))).toEqual(expect.arrayContaining(['model.safetensors']));
    const lines = readFileSync(at('grpo/completions.jsonl'), 'utf8').trim().split('\n');
    expect(lines).toHaveLength(25 * 8);
    expect(JSON.parse(lines[0]!)).toMatchObject({
      prompt: expect.stringContaining('Capital of') as string,
      rewards: { letters: expect.any(Number) as number },
    });
  });

  it('takes rewards by name, several of them with weights, and trains an adapter', async () => {
    const { metrics } = await llmJson<Report>(
      ...[...train('grpo', 'lora'), '--steps', '2', '--lora', '--kl-coefficient', '0.1'],
      ...['--reward-function', 'accuracy=answer', '--reward-function', 'repetition-penalty=2'],
      ...['--reward-function', 'soft-overlong', '--importance-level', 'sequence'],
      ...['--reward-weight', '1', '--reward-weight', '0.5', '--reward-weight', '2'],
    );
    for (const name of ['accuracy_reward', 'repetition_penalty_reward']) {
      expect(metrics).toHaveProperty(`rewards/${name}/mean`);
    }
    expect(readdirSync(at('lora'))).toContain('adapter_model.safetensors');
  });
});

it('llm rloo learns from a reward model', async () => {
  await llmJson(
    ...['reward', '--model', at('base'), '--data', files.preferences, '--out', at('reward')],
    ...['--steps', '3', '--backend', 'native'],
  );
  const { metrics } = await llmJson<Report>(
    ...[...train('rloo', 'rloo'), '--steps', '2', '--reward', at('reward'), '--reward-clip', '1'],
  );
  expect(metrics).toHaveProperty('rewards/reward_model/mean');
});

describe('wrong rewards', () => {
  const grpo = (...more: string[]) => llm(...train('grpo', 'wrong'), ...more);
  it.each([
    [[], 2, 'expected --reward-function or --reward'],
    [['--reward-function', 'none.mjs'], 1, 'none.mjs: expected a file, or one of accuracy'],
    [['--reward-function', 'repetition-penalty=x'], 2, 'expected a positive integer behind the ='],
    [['--reward-function', '@empty.mjs'], 1, 'expected a function as its default export, got'],
    [['--reward-function', '@short.mjs'], 1, 'rewards: short: expected 8 finite numbers or nulls'],
    [
      ['--reward-function', 'accuracy', '--reward-weight', '1', '--reward-weight', '2'],
      2,
      'expected one for each of 1 rewards, got 2',
    ],
    [['--reward-function', 'accuracy', '--batch', '6'], 2, '--group-size: expected a divisor'],
    [['--reward', '@base'], 1, "expected a reward model's folder"],
  ] as const)('%j', async (argv, code, message) => {
    writeFileSync(at('empty.mjs'), 'export const reward = 1;\n');
    writeFileSync(at('short.mjs'), 'export default () => [1];\n');
    const result = await grpo(...argv.map((word) => word.replace(/^@/, `${folder}/`)));
    expect([result.code, result.stderr]).toEqual([code, expect.stringContaining(message)]);
  });
});
