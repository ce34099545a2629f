// `--model hub:org/name` from a hub on this machine.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { hubEnvironment } from './hub-models.ts';
import { llm, llmJson } from './test/run-llm.ts';
import { TINY_MODEL, writeTinyFiles } from './test/tiny-files.ts';

const COMMIT = 'b'.repeat(40);
const FILES = ['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'];
let folder = '';
let server: Server;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'llm-hub-'));
  const { text } = writeTinyFiles(folder);
  await llm(
    'pretrain',
    '--data',
    text,
    '--out',
    join(folder, 'model'),
    ...TINY_MODEL,
    '--steps',
    '3',
  );
  server = createServer((request, response) => {
    if (!request.url!.includes('org/tiny')) {
      response.writeHead(404, { 'X-Error-Code': 'RepoNotFound' }).end();
    } else if (request.url!.startsWith('/api/')) {
      const siblings = FILES.map((rfilename) => ({ rfilename }));
      response.end(JSON.stringify({ sha: COMMIT, siblings }));
    } else {
      const bytes = readFileSync(join(folder, 'model', request.url!.split('/').at(-1)!));
      const hash = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
      response.writeHead(200, { etag: `"${hash}"`, 'content-length': bytes.length });
      response.end(request.method === 'HEAD' ? undefined : bytes);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  vi.stubEnv('HF_ENDPOINT', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  vi.stubEnv('HF_HUB_CACHE', join(folder, 'cache'));
});
afterAll(() => {
  vi.unstubAllEnvs();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

const score = (model: string) =>
  llmJson('score', '--model', model, '--prompt', 'The capital', '--backend', 'cpu');

describe('--model hub:org/name', () => {
  it('is downloaded, and then used like a folder', async () => {
    const expected = await score(join(folder, 'model'));
    expect(await score('hub:org/tiny')).toEqual(expected);
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    expect(await score('hub:org/tiny')).toEqual(expected);
    vi.stubEnv('HF_HUB_OFFLINE', '');
  });

  it("is what an adapter's configuration names", async () => {
    const pairs = join(folder, 'pairs.jsonl');
    const out = join(folder, 'adapter');
    await llmJson(
      ...['sft', '--model', 'hub:org/tiny@main', '--data', pairs, '--out', out, '--lora'],
      ...['--steps', '1', '--backend', 'cpu'],
    );
    const config = JSON.parse(readFileSync(join(out, 'adapter_config.json'), 'utf8')) as object;
    expect(config).toMatchObject({ base_model_name_or_path: 'org/tiny' });
  });

  it('says what the hub says', async () => {
    const { code, stderr } = await llm('score', '--model', 'hub:org/none', '--ids', '1');
    expect(code).toBe(1);
    expect(stderr).toContain('hub: org/none: got no such model, or a private one.');
  });

  it('reads the variables that Python reads', () => {
    expect(hubEnvironment({})).toEqual({ offline: false });
    expect(hubEnvironment({ HF_HOME: '/h', HF_TOKEN: 't', HF_HUB_OFFLINE: 'ON' })).toEqual({
      cacheFolder: join('/h', 'hub'),
      token: 't',
      offline: true,
    });
  });
});
