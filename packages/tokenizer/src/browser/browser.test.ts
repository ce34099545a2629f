/** The built package in a real browser: what it encodes, decodes and trains is what Node does. */
import { readFileSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium, serve } from '../../test-support/browser.ts';
import { buildPackage } from '../../test-support/built-package.ts';
import type * as Package from '../index.ts';
import { trainBpe, trainUnigram, trainWordPiece } from '../index.ts';

const executablePath = findChromium();
const isCI = process.env['CI'] === 'true';
const fixtures = new URL('../../fixtures/', import.meta.url);
const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(name, fixtures), 'utf8')) as unknown;
const PAGE = `<!doctype html><script type="importmap">
  {"imports": {"@llm/tokenizer": "/browser.js", "@huggingface/jinja": "/jinja.js"}}
</script><script type="module">
  import * as tokenizers from '@llm/tokenizer';
  globalThis.tokenizers = tokenizers;
</script>`;

/** What the page has imported. */
declare const tokenizers: typeof Package;

describe('the build for browsers', () => {
  let built: string;
  beforeAll(() => {
    built = buildPackage();
  });
  afterAll(() => rmSync(built, { recursive: true }));

  it('imports nothing of Node', () => {
    const code = readFileSync(join(built, 'browser.js'), 'utf8');
    const imports = [...code.matchAll(/(?:from|import)\s*\(?\s*["']([^"']+)["']/gu)];
    expect(new Set(imports.map(([, name]) => name))).toEqual(new Set(['@huggingface/jinja']));
  });

  it.runIf(isCI)('has a browser to run in', () => {
    expect(executablePath, 'CI installs chromium (.ci/run)').toBeDefined();
  });

  // Skipped where no chromium is installed: `apt-get install chromium`.
  describe.skipIf(executablePath === undefined)('in chromium', () => {
    let browser: Browser;
    let server: Server;
    let page: Page;
    beforeAll(async () => {
      const jinja = createRequire(import.meta.url).resolve('@huggingface/jinja');
      const started = await serve(
        new Map<string, { page: string } | { file: string }>([
          ['/', { page: PAGE }],
          ['/browser.js', { file: join(built, 'browser.js') }],
          ['/jinja.js', { file: join(jinja, '..', 'index.js') }],
        ]),
      );
      ({ server } = started);
      browser = await chromium.launch({ executablePath: executablePath ?? '', args: ['--no-sandbox'] }); // prettier-ignore
      page = await browser.newPage();
      await page.goto(started.origin);
      await page.waitForFunction('globalThis.tokenizers !== undefined');
    });
    afterAll(async () => {
      await browser.close();
      server.close();
    });

    it.each(['llama-2', 'qwen-3', 'gemma-3', 'bert-cased', 't5', 'xlm-r'])(
      'encodes and decodes as %s',
      async (name) => {
        const { tokenizer, rows } = read(`families/${name}.json`) as {
          tokenizer: unknown;
          rows: [text: string, ids: number[], offsets: number[], decoded: string][];
        };
        const found = await page.evaluate(
          ([json, texts]) => {
            const loaded = tokenizers.Tokenizer.fromJSON(json);
            return (texts as string[]).map((text) => {
              const { ids } = loaded.encodeFull(text);
              return [loaded.encode(text), [...ids], loaded.decode(ids)];
            });
          },
          [tokenizer, rows.map(([text]) => text)] as const,
        );
        expect(found).toEqual(rows.map(([, ids, , decoded]) => [ids, ids, decoded]));
      },
    );

    it('trains the tokenizers that Node trains', async () => {
      const texts = (read('bpe-training.json') as { corpora: { language: string[] } }).corpora
        .language;
      const found = await page.evaluate(async (corpus) => {
        const made = [
          await tokenizers.trainBpe(corpus, { vocabSize: 500, threads: 4 }),
          await tokenizers.trainWordPiece(corpus, { vocabSize: 300 }),
          await tokenizers.trainUnigram(corpus, { vocabSize: 200 }),
        ];
        return made.map((tokenizer) => JSON.stringify(tokenizer.toJSON()));
      }, texts);
      // The engines' exp and log differ in the last bit, and with them Unigram's scores.
      const rounded = (json: string): string =>
        json.replaceAll(/-\d+\.\d{10,}/gu, (score) => Number(score).toPrecision(12));
      const expected = [
        await trainBpe(texts, { vocabSize: 500 }),
        await trainWordPiece(texts, { vocabSize: 300 }),
        await trainUnigram(texts, { vocabSize: 200 }),
      ];
      expect(found.map(rounded)).toEqual(
        expected.map((tokenizer) => rounded(JSON.stringify(tokenizer.toJSON()))),
      );
    });

    it('renders a chat template', async () => {
      const text = await page.evaluate(() => {
        const model = { type: 'WordLevel', vocab: { u: 0 }, unk_token: 'u' };
        const chatTemplate = '{% for m in messages %}{{ m.role }}: {{ m.content }};{% endfor %}';
        const tokenizer = tokenizers.Tokenizer.fromJSON({ model }, { chatTemplate });
        return tokenizer.applyChatTemplate([{ role: 'user', content: 'hi' }]);
      });
      expect(text).toBe('user: hi;');
    });

    it('says that there are no files', async () => {
      const message = await page.evaluate(() => {
        return tokenizers.Tokenizer.load('tokenizer.json').catch((error: Error) => error.message);
      });
      expect(message).toMatch(/expected Node, got a browser, .* Fetch the file/);
    });
  });
});
