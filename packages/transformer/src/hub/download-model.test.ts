import { randomBytes } from 'node:crypto';
import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useBackend } from '@llm/tensor';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadModel } from '../checkpoint/load-model.ts';
import { HubError } from '../errors.ts';
import { fixture } from '../models/reference-fixture.ts';
import { downloadModel, type HubOptions, type HubProgress } from './download-model.ts';
import { COMMIT, gitSha1, startFakeHub, type FakeHub } from './fake-hub.ts';

const weights = randomBytes(200_000);
const REPOS = {
  'org/model': {
    files: {
      'config.json': Buffer.from('{"model_type": "gpt2"}'),
      'model.safetensors': weights,
      'tokenizer.json': Buffer.from('{}'),
      '1_Pooling/config.json': Buffer.from('{"a": 1}'),
      'pytorch_model.bin': Buffer.from('not asked for'),
      'README.md': Buffer.from('nor this'),
    },
    large: ['model.safetensors'],
  },
  'org/ggufs': { files: { 'a.gguf': Buffer.from('GGUF a'), 'b.gguf': Buffer.from('GGUF b') } },
  'org/one-gguf': {
    files: { 'only.Q4_1.gguf': Buffer.from('GGUF'), 'README.md': Buffer.from('') },
  },
  'org/old': { files: {}, movedTo: 'org/model' },
  'org/private': {
    files: { 'model.safetensors': weights },
    large: ['model.safetensors'],
    token: 'secret',
  },
  'org/gated': { files: {}, isGated: true },
  'org/evil': {
    files: { '../../../evil/config.json': Buffer.from('{}'), 'model.safetensors': weights },
  },
  'org/tiny': {
    files: Object.fromEntries(
      ['config.json', 'model.safetensors'].map((name) => [
        name,
        readFileSync(join(fixture('gpt2-tiny'), name)),
      ]),
    ),
    large: ['model.safetensors'],
  },
};

let hub: FakeHub;
let cacheFolder: string;
beforeEach(async () => {
  cacheFolder = mkdtempSync(join(tmpdir(), 'llm-hub-'));
  hub = await startFakeHub(REPOS);
});
afterEach(async () => {
  await hub.close();
  rmSync(cacheFolder, { recursive: true, force: true });
});

const download = (name: string, options: HubOptions = {}) =>
  downloadModel(name, { endpoint: hub.endpoint, cacheFolder, retryMilliseconds: 1, ...options });
const repoFolder = () => join(cacheFolder, 'models--org--model');
const bodies = () =>
  hub.mischief.requests.filter(({ method, url }) => method === 'GET' && !url.startsWith('/api'));

describe('downloadModel', () => {
  it('brings what a model needs into the layout that Python has', async () => {
    const seen: HubProgress[] = [];
    const path = await download('org/model', { onProgress: (progress) => seen.push(progress) });
    expect(path).toBe(join(repoFolder(), 'snapshots', COMMIT));
    expect(readdirSync(path, { recursive: true }).map(String).sort()).toEqual(
      [
        '1_Pooling',
        join('1_Pooling', 'config.json'),
        'config.json',
        'model.safetensors',
        'tokenizer.json',
      ].sort(),
    );
    expect(readFileSync(join(path, 'model.safetensors')).equals(weights)).toBe(true);
    expect(readFileSync(join(path, '1_Pooling/config.json'), 'utf8')).toBe('{"a": 1}');
    expect(readFileSync(join(repoFolder(), 'refs/main'), 'utf8')).toBe(COMMIT);
    expect(lstatSync(join(path, 'config.json')).isSymbolicLink()).toBe(true);
    const config = REPOS['org/model'].files['config.json'];
    expect(readlinkSync(join(path, 'config.json'))).toBe(
      join('..', '..', 'blobs', gitSha1(config)),
    );
    expect(readlinkSync(join(path, '1_Pooling/config.json'))).toMatch(
      /^\.\.[\\/]\.\.[\\/]\.\.[\\/]blobs/,
    );
    const last = seen.filter(({ file }) => file === 'model.safetensors').at(-1)!;
    expect(last).toMatchObject({ bytes: 200_000, size: 200_000, fileCount: 4 });
  });

  it('downloads nothing twice', async () => {
    await download('hub:org/model');
    hub.mischief.requests.length = 0;
    await download('org/model');
    await download(`org/model@${COMMIT}`);
    expect(hub.mischief.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /api/models/org/model/revision/main',
      `GET /api/models/org/model/revision/${COMMIT}`,
    ]);
  });

  it('goes on where a broken connection stopped', async () => {
    hub.mischief.breaks.push(50_000, 60_000);
    const path = await download('org/model', { files: ['model.safetensors'] });
    expect(readFileSync(join(path, 'model.safetensors')).equals(weights)).toBe(true);
    const store = bodies().filter(({ host }) => host === 'store');
    expect(store.map(({ range }) => range)).toEqual([undefined, 'bytes=50000-', 'bytes=110000-']);
  });

  it('goes on in another run, and from the beginning where the server has no ranges', async () => {
    hub.mischief.breaks.push(50_000);
    const files = ['model.safetensors'];
    await expect(download('org/model', { files, retries: 0 })).rejects.toThrow(
      /org\/model: model\.safetensors: expected the whole file, got a broken connection 1 times .* Try again/,
    );
    expect(readdirSync(join(repoFolder(), 'blobs'))).toEqual([
      expect.stringMatching(/\.incomplete$/),
    ]);
    hub.mischief.ignoresRanges = true;
    hub.mischief.requests.length = 0;
    const path = await download('org/model', { files, retries: 0 });
    expect(bodies().at(-1)!.range).toBe('bytes=50000-');
    expect(readFileSync(join(path, 'model.safetensors')).equals(weights)).toBe(true);
  });

  it('gives a silent connection up, and goes on', async () => {
    hub.mischief.stallAfter = 1000;
    const path = await download('org/model', {
      files: ['model.safetensors'],
      stallMilliseconds: 100,
    });
    expect(readFileSync(join(path, 'model.safetensors')).equals(weights)).toBe(true);
  });

  it.each(['model.safetensors', 'config.json'])(
    'refuses wrong contents of %s, and leaves none',
    async (file) => {
      hub.mischief.corrupts = true;
      await expect(download('org/model', { files: [file] })).rejects.toThrow(
        /expected contents with the hash [0-9a-f]{40,64}, got [0-9a-f]{40,64}\. They were removed/,
      );
      expect(readdirSync(join(repoFolder(), 'blobs'))).toEqual([]);
      hub.mischief.corrupts = false;
      await download('org/model', { files: [file] });
    },
  );

  it('follows a repository to its new name', async () => {
    const path = await download('org/old');
    expect(readFileSync(join(path, 'model.safetensors')).equals(weights)).toBe(true);
  });

  it('sends the token to the hub, and not to the store it redirects to', async () => {
    await download('org/private', { token: 'secret' });
    const tokens = hub.mischief.requests.map(({ host, token }) => [host, token]);
    expect(tokens).toContainEqual(['hub', 'Bearer secret']);
    expect(tokens).toContainEqual(['store', undefined]);
  });

  it('gives the path of a file: the one named, or the only GGUF', async () => {
    const named = await download('hub:org/ggufs/b.gguf');
    expect(readFileSync(named, 'utf8')).toBe('GGUF b');
    expect(readFileSync(await download('org/one-gguf'), 'utf8')).toBe('GGUF');
  });

  it('uses the cache when offline, and when there is no connection', async () => {
    const path = await download('org/model');
    await hub.close();
    expect(await download('org/model', { offline: true })).toBe(path);
    expect(await download('org/model')).toBe(path);
    await expect(download('org/other', { offline: true })).rejects.toThrow(
      'hub: org/other@main: expected it in the cache (offline: true), got nothing.',
    );
    await expect(download('org/other')).rejects.toThrow(
      /no connection \(127\.0\.0\.1:\d+: .*\), got nothing/,
    );
    const absent = download('org/model', { offline: true, files: ['x.bin'] });
    await expect(absent).rejects.toThrow('got no x.bin');
    hub = await startFakeHub({});
  });

  it.each([
    [
      'org/nothing',
      {},
      'org/nothing: got no such model, or a private one (RepoNotFound it is). Check the name, or give a token.',
    ],
    ['org/private', {}, 'or give a token'],
    ['org/private', { token: 'wrong' }, 'Check the name and the token'],
    ['org/gated', {}, 'org/gated: got a gated model (GatedRepo it is). Accept its conditions'],
    ['org/model@v9', {}, 'org/model@v9: got no such revision'],
    ['org/model/x.gguf', {}, 'x.gguf: got no such file'],
    [
      'org/ggufs',
      {},
      'expected one .gguf file, got 2: a.gguf, b.gguf. Name one: hub:org/ggufs/a.gguf',
    ],
    ['org/model/../x', {}, 'expected names of files within it'],
    ['../model', {}, 'expected org/name'],
    ['a/b--c', {}, 'expected org/name'],
  ])('explains %s %j', async (name, options, message) => {
    const downloading = download(name, options);
    await expect(downloading).rejects.toThrow(message);
    await expect(downloading).rejects.toThrow(HubError);
  });

  it('takes no name that leads out of the snapshot', async () => {
    await download('org/evil'); // which has no other configuration
    const files = { files: ['../../../evil/config.json'] };
    await expect(download('org/evil', files)).rejects.toThrow('expected names of files within it');
    expect(readdirSync(cacheFolder)).toEqual(['models--org--evil']);
  });

  it('says that a server fails', async () => {
    hub.mischief.status = 503;
    await expect(download('org/model')).rejects.toThrow(
      /no connection \(hub: org\/model: status 503\)/,
    );
    hub.mischief.status = 200; // an answer, but of something else
    await expect(download('org/model')).rejects.toThrow(
      /expected the list of its files.*Is http:.* a hub\?/,
    );
  });

  it('ends when it is told to', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(download('org/model', { signal })).rejects.toThrow('enough');
  });
});

it('loadModel takes a name on a hub', async () => {
  await useBackend('cpu');
  const hubOptions = { endpoint: hub.endpoint, cacheFolder };
  const model = await loadModel('hub:org/tiny', { hub: hubOptions });
  const expected = await loadModel(fixture('gpt2-tiny'));
  expect(model.config).toEqual(expected.config);
  model.dispose();
  expected.dispose();
});
