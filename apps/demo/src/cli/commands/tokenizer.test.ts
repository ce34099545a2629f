// The command from end to end: exit codes, one JSON document on stdout, files written.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../main.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'llm-tokenizer-'));
  writeFileSync(join(folder, 'corpus.txt'), 'low lower lowest, new newer newest\n'.repeat(20));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function llm(...argv: string[]) {
  const written = { stdout: '', stderr: '' };
  const stream = (name: 'stdout' | 'stderr') =>
    new Writable({
      write(chunk, _, done) {
        written[name] += String(chunk);
        done();
      },
    });
  const code = await main(['tokenizer', ...argv], {
    stdout: stream('stdout'),
    stderr: stream('stderr'),
  });
  return { code, ...written };
}

describe('llm tokenizer', () => {
  it('trains, encodes and decodes', async () => {
    const model = join(folder, 'model');
    const corpus = join(folder, 'corpus.txt');
    const trained = await llm(
      'train',
      '--data',
      corpus,
      '--out',
      model,
      '--vocab-size',
      '270',
      '--json',
    );
    expect(trained.code).toBe(0);
    expect(JSON.parse(trained.stdout)).toEqual({ out: model, vocabSize: 270, bytes: 700 });
    expect(readdirSync(model)).toEqual(['tokenizer.json', 'tokenizer_config.json']);

    const encoded = await llm(
      'encode',
      '--model',
      model,
      '--text',
      ' newest<|endoftext|>',
      '--json',
    );
    const { ids, tokens } = JSON.parse(encoded.stdout) as { ids: number[]; tokens: string[] };
    expect(tokens.at(-1)).toBe('<|endoftext|>');
    expect(ids.length).toBeLessThan(8);

    const decoded = await llm('decode', '--model', model, '--ids', ids.join(','), '--skip-special');
    expect(decoded.stdout).toBe(' newest\n');
    const inspected = await llm('inspect', '--model', model, '--json');
    expect(JSON.parse(inspected.stdout)).toMatchObject({
      model: 'BPE',
      vocabSize: 270,
      preTokenizer: 'ByteLevel',
      eosToken: '<|endoftext|>',
      addedTokens: [{ id: 0, content: '<|endoftext|>', special: true }],
    });

    const shown = await llm('inspect', '--model', model, '--text', 'newest');
    expect(shown.stdout).toContain('\u001b[30;48;5;153m');
    const page = join(folder, 'tokens.html');
    await llm('inspect', '--model', model, '--text', 'newest', '--html', page);
    expect(readFileSync(page, 'utf8')).toContain('<span class="t t0"');
    const none = await llm('inspect', '--model', model, '--html', page);
    expect(none.stderr).toContain('expected --text with --html');
  });

  it('exits 2 for wrong usage and names the mistake', async () => {
    expect(await llm()).toMatchObject({ code: 2, stdout: '' });
    expect((await llm('split')).stderr).toContain(
      'expected train, encode, decode or inspect, got "split"',
    );
    expect((await llm('inspect', '--ids', '1')).stderr).toContain(
      '--ids: not an option of inspect',
    );
    expect((await llm('encode', '--model', 'x')).stderr).toContain(
      'expected one of --text and --file',
    );
    expect((await llm('train', '--out', 'x')).code).toBe(2);
  });

  it('exits 1 for a missing, an empty and an ill-encoded file, and writes nothing', async () => {
    const out = join(folder, 'none');
    const [missing, empty, latin1] = ['missing', 'empty', 'latin1'].map((name) =>
      join(folder, `${name}.txt`),
    ) as [string, string, string];
    writeFileSync(empty, '');
    writeFileSync(latin1, Uint8Array.of(0x63, 0x61, 0x66, 0xe9, 0x0a));
    for (const [path, message] of [
      [missing, 'found none'],
      [empty, 'got an empty file'],
      [latin1, 'expected UTF-8'],
    ] as const) {
      const result = await llm('train', '--data', path, '--out', out);
      expect(result.code).toBe(1);
      expect(result.stderr).toContain(message);
    }
    expect(readdirSync(folder)).not.toContain('none');
  });
});
