// Runs that are cut short: a kill and Ctrl-C at any moment, then --resume, give the bits of a whole run.
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleLlm, runAndSignal } from './test/child.ts';
import { llm, llmJson } from './test/run-llm.ts';
import { TINY_MODEL, writeTinyFiles } from './test/tiny-files.ts';
import type { TinyFiles } from './test/tiny-files.ts';

let folder = '';
let program = '';
let files: TinyFiles;
const at = (name: string): string => join(folder, name);
const weights = (run: string, file = 'model.safetensors'): string =>
  readFileSync(join(at(run), file)).toString('base64');

/** The newest checkpoint's step, 0 when there is none. */
function newestCheckpoint(run: string): number {
  const names = existsSync(at(run)) ? readdirSync(at(run)) : [];
  return Math.max(0, ...names.map((name) => Number(/^checkpoint-(\d+)$/.exec(name)?.[1] ?? 0)));
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'llm-resume-'));
  files = writeTinyFiles(folder);
  program = await bundleLlm(folder);
  await llm(...pretrain('base'), '--steps', '4');
  await llm(
    ...['reward', '--model', at('base'), '--data', files.preferences, '--out', at('reward')],
    ...['--steps', '2', '--backend', 'cpu'],
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const pretrain = (run: string): string[] => [
  ...['pretrain', '--data', files.text, '--out', at(run), ...TINY_MODEL],
  ...['--save-every', '3', '--learning-rate', '0.01'],
];

describe('llm pretrain', () => {
  it('resumes after SIGKILL and after Ctrl-C to the same bits', async () => {
    const steps = ['--steps', '120'];
    await llm(...pretrain('whole'), ...steps);
    const killed = await runAndSignal(program, [...pretrain('cut'), ...steps], {
      signal: 'SIGKILL',
      when: () => newestCheckpoint('cut') >= 3,
    });
    expect(killed.signal).toBe('SIGKILL');
    expect(existsSync(join(at('cut'), 'model.safetensors'))).toBe(false);

    const interrupted = await runAndSignal(
      program,
      [...pretrain('cut'), ...steps, '--resume', '--json'],
      { signal: 'SIGINT', when: () => newestCheckpoint('cut') >= 30 },
    );
    expect(interrupted.code).toBe(130);
    expect(interrupted.stderr).toMatch(/stopped after \d+ of 120; .*--resume/);
    const stopped = JSON.parse(interrupted.stdout) as { step: number; stopReason: string };
    expect(stopped.stopReason).toBe('aborted');
    expect(readdirSync(at('cut'))).toContain(`checkpoint-${stopped.step}`);

    const result = await llmJson(...pretrain('cut'), ...steps, '--resume');
    expect(result).toMatchObject({ step: 120, resumedFrom: stopped.step, stopReason: 'finished' });
    expect(weights('cut')).toBe(weights('whole'));
    const log = readFileSync(join(at('cut'), 'metrics.jsonl'), 'utf8')
      .trim()
      .split('\n');
    expect(log.map((line) => (JSON.parse(line) as { step: number }).step)).toEqual(
      Array.from({ length: 120 }, (_, i) => i + 1),
    );
  });

  it('passes over a damaged checkpoint and says so', async () => {
    await llm(...pretrain('damaged'), '--steps', '6');
    truncateSync(join(at('damaged'), 'checkpoint-6', 'optimizer.safetensors'), 100);
    const { code, stderr } = await llm(...pretrain('damaged'), '--steps', '7', '--resume');
    expect(code).toBe(0);
    expect(stderr).toMatch(/damaged checkpoint, went on from step 3: checkpoint-6: optimizer/);
  });

  it('says that there is nothing left to do', async () => {
    const { code, stderr } = await llm(...pretrain('base'), '--steps', '4', '--resume');
    expect([code, stderr]).toEqual([0, expect.stringContaining('nothing left to do')]);
  });
});

/** The run folder as it was at a checkpoint: what a kill right after it leaves. */
function cutBack(whole: string, cut: string, step: number): void {
  cpSync(at(whole), at(cut), { recursive: true });
  for (const name of readdirSync(at(cut))) {
    const isKept = name === `checkpoint-${step}` || name.endsWith('.jsonl');
    if (!isKept) rmSync(join(at(cut), name), { recursive: true });
  }
}

describe('fine-tuning resumes on top of the base model, to the same bits', () => {
  const common = ['--backend', 'cpu', '--save-every', '2', '--learning-rate', '0.005'];
  const six = ['--steps', '6', '--batch', '2'];
  const lora = ['--lora', '--lora-rank', '2', '--lora-dropout', '0.2'];
  const prompt = ['--p-tuning', '3', '--prompt-encoder', 'lstm'];
  const ppo = ['--updates', '6', '--batch', '4', '--epochs', '1', '--max-new-tokens', '4'];

  it.each([
    ['sft', 'pairs', six, 'model.safetensors'],
    ['sft', 'pairs', [...six, ...lora], 'adapter_model.safetensors'],
    ['sft', 'pairs', [...six, ...prompt], 'adapter_model.safetensors'],
    ['reward', 'preferences', six, 'model.safetensors'],
    ['dpo', 'preferences', six, 'model.safetensors'],
    ['dpo', 'preferences', [...six, ...lora], 'adapter_model.safetensors'],
    ['ppo', 'prompts', ppo, 'model.safetensors'],
  ] as const)('llm %s with %s %j', async (name, data, flags, file) => {
    const [whole, cut] = [`${name}-${flags.length}-whole`, `${name}-${flags.length}-cut`];
    const run = (out: string): string[] => [
      ...[name, '--model', at('base'), '--data', files[data], '--out', at(out)],
      ...(name === 'ppo' ? ['--reward', at('reward')] : []),
      ...[...flags, ...common],
    ];
    expect((await llm(...run(whole))).code).toBe(0);
    cutBack(whole, cut, 4);
    expect(await llmJson(...run(cut), '--resume')).toMatchObject({ step: 6, resumedFrom: 4 });
    expect(weights(cut, file)).toBe(weights(whole, file));
  });
});
