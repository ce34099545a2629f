// `llm serve` as a process of its own: it says where it listens, serves, and ends when it is told to.
import { spawn } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleEngine, temporaryFolder } from '../../serve/test/start-server.ts';
import { writeTinyModel } from '../../serve/test/tiny-model.ts';
import { bundleLlm } from '../test/child.ts';
import { llm } from '../test/run-llm.ts';

const folder = temporaryFolder();
const model = join(folder.path, 'tiny');
let program = '';

beforeAll(async () => {
  await writeTinyModel(folder.path);
  await bundleEngine(folder.path);
  program = await bundleLlm(folder.path);
  cpSync(fileURLToPath(new URL('../../../page', import.meta.url)), join(folder.path, 'page'), {
    recursive: true,
  });
});
afterAll(() => folder.remove());

interface Served {
  readonly address: string;
  readonly writer: object;
}

/** Runs the program until it serves, then `use`, then ends it by `signal`. Returns its exit code. */
async function serve(
  more: readonly string[],
  { use, signal }: { use(served: Served): Promise<void>; readonly signal: NodeJS.Signals },
): Promise<number | null> {
  const argv = ['serve', '--model', model, '--backend', 'cpu', '--port', '0', '--json', ...more];
  const child = spawn(process.execPath, [program, ...argv], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const line = await new Promise<string>((resolve) =>
    child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString())),
  );
  await use(JSON.parse(line) as Served).finally(() => child.kill(signal));
  return ended;
}

describe('llm serve', () => {
  it('serves model, adapter and page until SIGTERM', async () => {
    const adapter = `tuned=${join(folder.path, 'adapter')}`;
    const code = await serve(['--adapter', adapter, '--context', '64'], {
      signal: 'SIGTERM',
      use: async ({ address, writer }) => {
        expect(writer).toMatchObject({ context: 64, hasChatTemplate: true });
        const models = (await (await fetch(`${address}/v1/models`)).json()) as {
          data: { id: string }[];
        };
        expect(models.data.map(({ id }) => id)).toEqual(['tiny', 'tuned']);
        const page = await fetch(address);
        expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
        expect(await page.text()).toContain('<script type="module" src="app.js">');
        const answer = await fetch(`${address}/v1/completions`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ model: 'tuned', prompt: 'the fox', max_tokens: 3 }),
        });
        expect(await answer.json()).toMatchObject({
          usage: { completion_tokens: expect.any(Number) },
        });
      },
    });
    expect(code).toBe(0);
  });

  it('ends after Ctrl-C as every command does', async () => {
    expect(await serve([], { signal: 'SIGINT', use: async () => {} })).toBe(130);
  });

  it.each([
    [['--model', 'nowhere'], 1, '--model: nowhere: expected a Hugging Face folder or a .gguf file'],
    [['--model', model, '--adapter', 'pirate'], 2, '--adapter: expected NAME=DIR, got "pirate"'],
    [['--model', model, '--adapter', 'tiny=x'], 2, 'its own name, got tiny twice'],
    [['--model', model, '--port', '70000'], 2, '--port: expected a number'],
  ])('%j is refused', async (argv, code, message) => {
    const ended = await llm('serve', ...argv);
    expect([ended.code, ended.stderr]).toEqual([code, expect.stringContaining(message)]);
  });
});
