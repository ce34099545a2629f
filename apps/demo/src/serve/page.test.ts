// The page in a real browser: a conversation, its end by hand, what is kept, and nothing of a model's comes to life.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bundleEngine, startServer, temporaryFolder, type Started } from './test/start-server.ts';
import { writeTinyModel } from './test/tiny-model.ts';

const executablePath = ['chromium', 'chromium-browser', 'google-chrome']
  .flatMap((name) => (process.env['PATH'] ?? '').split(delimiter).map((path) => join(path, name)))
  .find(existsSync);

describe('the page', () => {
  if (executablePath === undefined) {
    it('is tested wherever all must be', ({ skip }) => {
      expect(process.env['CI'], 'CI installs chromium (.ci/run)').not.toBe('true');
      skip('no chromium here: apt-get install chromium');
    });
    return;
  }

  const folder = temporaryFolder();
  const adapter = join(folder.path, 'adapter');
  let started: Started;
  let browser: Browser;
  let page: Page;
  const errors: string[] = [];

  beforeAll(async () => {
    await writeTinyModel(folder.path);
    const model = join(folder.path, 'tiny');
    started = await startServer(await bundleEngine(folder.path), {
      model,
      adapters: { tuned: adapter },
      apiKey: 'secret',
    });
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  });
  afterAll(async () => {
    await browser?.close();
    await started?.stop();
    folder.remove();
  });

  beforeEach(async () => {
    await page?.context().close();
    page = await browser.newPage({ viewport: { width: 360, height: 640 } });
    errors.length = 0;
    page.on('pageerror', ({ message }) => errors.push(message));
    await page.addInitScript("sessionStorage.setItem('llm-serve-key', 'secret')");
    await page.goto(started.origin);
    await page.waitForSelector('#model option', { state: 'attached' });
  });

  const setting = async (id: string, value: string): Promise<void> => {
    await page.fill(`#${id}`, value);
  };
  const ask = async (text: string): Promise<void> => {
    await page.fill('#question', text);
    await page.press('#question', 'Enter');
  };
  const answered = (): Promise<void> => page.locator('#send', { hasText: 'Send' }).waitFor();

  it('talks by keyboard alone, as model and as adapter, and keeps the conversation', async () => {
    await page.click('#settings-button');
    await setting('temperature', '0');
    await setting('max_tokens', '12');
    await setting('system', 'Be quick.');
    await page.click('#settings-button');
    const requests: string[] = [];
    page.on('request', (request) => requests.push(request.postData() ?? ''));
    await ask('the fox');
    await answered();
    const notes = await page.textContent('.turn.assistant .notes');
    expect(notes).toMatch(/^12 tokens, \d+ tokens\/s · first after [\d.]+ s · read \d+/);
    expect(JSON.parse(requests.find((body) => body.includes('messages'))!)).toMatchObject({
      ...{ model: 'tiny', temperature: 0, max_tokens: 12, stream: true },
      messages: [
        { role: 'system', content: 'Be quick.' },
        { role: 'user', content: 'the fox' },
      ],
    });
    await page.selectOption('#model', 'tuned');
    await ask('and the dog');
    await answered();
    expect(await page.locator('.turn').count()).toBe(4);
    expect(requests.filter((body) => body.includes('"tuned"'))).toHaveLength(1);
    await page.reload();
    expect(await page.locator('.turn').count()).toBe(4);
    await page.click('#new');
    expect(await page.locator('.turn').count()).toBe(0);
    expect(errors).toEqual([]);
  });

  it('fits a narrow screen, shows memory, and stops when told to', async () => {
    await page.click('#settings-button');
    await setting('max_tokens', '');
    await page.click('#settings-button');
    // An answer that does not end by itself.
    await page.route('**/chat/completions', (route) => {
      const body = route.request().postDataJSON() as object;
      return route.continue({ postData: JSON.stringify({ ...body, min_tokens: 700 }) });
    });
    await ask('run '.repeat(30));
    await page.locator('.turn.assistant .body', { hasText: /.{9}/ }).waitFor();
    await page.keyboard.press('Escape');
    await answered();
    expect(await page.textContent('.turn.assistant .notes')).toContain('stopped');
    const width = await page.evaluate('document.documentElement.scrollWidth');
    expect(width).toBeLessThanOrEqual(360);
    await page.locator('#memory', { hasText: 'MiB of tensors' }).waitFor();
    expect(errors).toEqual([]);
  });

  it('does not send while a word is composed', async () => {
    await page.fill('#question', 'ni');
    const press = (init: object): Promise<void> =>
      page.dispatchEvent('#question', 'keydown', { key: 'Enter', bubbles: true, ...init });
    await press({ isComposing: true });
    await press({ keyCode: 229 });
    expect(await page.inputValue('#question')).toBe('ni');
    expect(await page.locator('.turn').count()).toBe(0);
  });

  it('says what is wrong, and gives the question back', async () => {
    await page.click('#settings-button');
    await setting('api-key', 'wrong');
    await page.press('#api-key', 'Tab');
    await page.click('#settings-button');
    await ask('the fox');
    await answered();
    expect(await page.textContent('.wrong')).toBe('The API key is wrong.');
    expect(await page.inputValue('#question')).toBe('the fox');
    expect(await page.isVisible('#api-key')).toBe(true); // there it can be mended
  });

  it('shows Markdown as elements, and markup of a model as the text it is', async () => {
    const text = [
      '# A **title**',
      'One *two* `<b>` <img src=x onerror="globalThis.broken = 1"> [x](javascript:alert(1)) 2*3*4 snake_case_name',
      '- a\n  - b\n- c',
      '1. one\n2. two',
      '| a | b |\n|---|--:|\n| 1 | 2 |',
      '> said',
      '```js\nlet a = "<script>";',
    ].join('\n\n');
    const html = await page.evaluate<string>(`import('/markdown.js').then(({ markdown }) => {
      const box = document.createElement('div');
      box.append(...markdown(${JSON.stringify(text)}));
      document.body.append(box);
      return box.innerHTML;
    })`);
    expect(html).toContain('<h1>A <strong>title</strong></h1>');
    expect(html).toContain('One <em>two</em> <code>&lt;b&gt;</code> &lt;img src=x onerror');
    expect(html).toContain('[x](javascript:alert(1))');
    expect(html).toContain('snake_case_name</p>');
    expect(html).toContain('<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>');
    expect(html).toContain('<ol start="1"><li>one</li><li>two</li></ol>');
    expect(html).toContain('<tbody><tr><td>1</td><td>2</td></tr></tbody>');
    expect(html).toContain('<blockquote><p>said</p></blockquote>');
    expect(html).toContain('let a = "&lt;script&gt;";</code>');
    expect(await page.evaluate("'broken' in globalThis")).toBe(false);
    expect(html).not.toContain('<img');
    expect(html).not.toContain('<a');
  });
});
