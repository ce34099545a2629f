// --workers, --optimizer and --schedule through the command, in real processes.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleLlm } from './test/child.ts';
import { llm, llmJson } from './test/run-llm.ts';
import { TINY_MODEL, writeTinyFiles } from './test/tiny-files.ts';
import type { TinyFiles } from './test/tiny-files.ts';

let folder = '';
let program = '';
let files: TinyFiles;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'llm-workers-'));
  files = writeTinyFiles(folder);
  program = await bundleLlm(folder);
  await llm(...pretrain('one', '--batch', '2', '--accumulation', '2'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const weights = (run: string) =>
  readFileSync(join(folder, run, 'model.safetensors')).toString('base64');

const pretrain = (run: string, ...more: string[]): string[] => [
  ...['pretrain', '--data', files.text, '--out', join(folder, run), ...TINY_MODEL],
  ...['--steps', '3', '--learning-rate', '0.01', ...more],
];

/** The command as a process: what it wrote, and its exit code. */
function run(argv: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [program, ...argv], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  const text = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (text.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (text.stderr += chunk.toString()));
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, ...text }));
  });
}

describe('llm pretrain --workers', () => {
  it('gives the bits of one process with as many micro-batches, and one JSON document', async () => {
    const two = await run(pretrain('two', '--batch', '4', '--workers', '2', '--json'));
    expect(two.stderr).not.toContain('Error');
    expect(two.code).toBe(0);
    expect(JSON.parse(two.stdout)).toMatchObject({ step: 3, stopReason: 'finished' });
    expect(weights('two')).toBe(weights('one'));
  });

  it('trains on several machines with a token, here both this one', async () => {
    const port = 20_000 + (process.pid % 20_000);
    const node = (i: number) =>
      run(
        pretrain('nodes', '--batch', '4', '--nodes', '2', '--node', `${i}`).concat(
          '--rendezvous',
          `127.0.0.1:${port}`,
        ),
        { LLM_TOKEN: 'a secret of both machines' },
      );
    const ended = await Promise.all([node(1), node(0)]);
    expect(ended.map(({ code }) => code)).toEqual([0, 0]);
    expect(weights('nodes')).toBe(weights('two'));
  });

  it('ends with one message of the worker that failed', async () => {
    const data = join(folder, 'none.txt');
    const { code, stderr } = await run(
      pretrain('failed', '--workers', '2', '--batch', '4', '--data', data),
    );
    expect(code).toBe(1);
    expect(stderr).toContain('none.txt');
    expect(readdirSync(folder)).not.toContain('failed');
  });

  it('says which sizes do not fit', async () => {
    expect(await llm(...pretrain('odd', '--workers', '3', '--batch', '4'))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(
        '--batch: expected a multiple of 3 workers, got 4.',
      ) as string,
    });
    expect(await llm(...pretrain('odd', '--nodes', '2', '--batch', '4'))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--nodes: expected --rendezvous HOST:PORT') as string,
    });
  });
});

describe('llm --optimizer and --schedule', () => {
  const optimizers = ['sgd', 'adafactor', 'muon'];
  const schedules = ['polynomial', 'warmup-stable-decay'];

  it.each([
    ...optimizers.map((name) => ['--optimizer', name]),
    ...schedules.map((name) => ['--schedule', name]),
  ])('pretrain %s %s', async (flag, name) => {
    const { loss } = await llmJson<{ loss: number }>(...pretrain(`run-${name}`, flag, name));
    expect(loss).toBeLessThan(10);
  });

  it('make a difference, in fine-tuning, too', async () => {
    const tune = async (...more: string[]) => {
      const out = join(folder, `sft${more.join('')}`);
      const sft = ['sft', '--model', join(folder, 'one'), '--data', files.pairs, '--out', out];
      return llmJson<{ loss: number }>(...sft, '--steps', '3', '--backend', 'cpu', ...more);
    };
    const rate = ['--learning-rate', '0.01', '--warmup', '0'];
    const losses = [
      await tune(...rate),
      await tune(...rate, '--optimizer', 'lion'),
      await tune(...rate, '--schedule', 'constant'),
      await tune(...rate, '--weight-decay', '0.9'),
    ];
    expect(new Set(losses.map(({ loss }) => loss)).size).toBe(4);
  });

  it('names what there is', async () => {
    expect(await llm(...pretrain('none', '--optimizer', 'adamm'))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--optimizer: expected one of adamw, adam, sgd') as string,
    });
  });
});
