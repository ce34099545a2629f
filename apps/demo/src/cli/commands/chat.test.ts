// `llm chat` with a tiny model: what it sends is what the chat template says, and no line is lost.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { llm, llmFed, llmJson } from '../test/run-llm.ts';
import { TINY_MODEL, writeTinyFiles } from '../test/tiny-files.ts';

interface Message {
  readonly role: string;
  readonly content: string;
}

const TEMPLATE =
  "{% for m in messages %}{{ m['role'][0] }}:{{ m['content'] }};{% endfor %}" +
  '{% if add_generation_prompt %}a:{% endif %}';
let folder = '';
let model = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'llm-chat-'));
  const { text } = writeTinyFiles(folder);
  model = join(folder, 'model');
  await llm('pretrain', '--data', text, '--out', model, ...TINY_MODEL, '--steps', '8');
  const path = join(model, 'tokenizer_config.json');
  const config = JSON.parse(readFileSync(path, 'utf8')) as object;
  writeFileSync(path, JSON.stringify({ ...config, chat_template: TEMPLATE }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const flags = (): string[] =>
  ['chat', '--model', model, '--backend', 'cpu', '--greedy', '--max-new-tokens', '3'] as string[];
const chat = (input: string, ...more: string[]) =>
  llmFed(Readable.from([input]), ...flags(), ...more);

async function messagesOf(input: string, ...more: string[]): Promise<Message[]> {
  const { code, stdout, stderr } = await chat(input, '--json', ...more);
  expect([code, stderr]).toEqual([0, expect.any(String)]);
  return (JSON.parse(stdout) as { messages: Message[] }).messages;
}

/** What `llm generate` says after the rendered conversation. */
async function continuation(rendered: string): Promise<string> {
  const { text } = await llmJson<{ text: string }>(
    ...['generate', '--model', model, '--backend', 'cpu', '--greedy', '--max-new-tokens', '3'],
    ...['--prompt', rendered],
  );
  return text;
}

describe('llm chat', () => {
  it('answers each line in the chat template, with all that was said before', async () => {
    const messages = await messagesOf('The\n\ncity\n', '--system', 'Be');
    const first = await continuation('s:Be;u:The;a:');
    const second = await continuation(`s:Be;u:The;a:${first};u:city;a:`);
    expect(messages).toEqual([
      { role: 'system', content: 'Be' },
      { role: 'user', content: 'The' },
      { role: 'assistant', content: first },
      { role: 'user', content: 'city' },
      { role: 'assistant', content: second },
    ]);
  });

  it('prints the answers alone on stdout, and why one is cut on stderr', async () => {
    const { code, stdout, stderr } = await chat('The');
    expect([code, stdout]).toEqual([0, `${await continuation('u:The;a:')}\n`]);
    expect(stderr).toContain('(the answer was cut after 3 tokens)');
    expect(stderr).not.toContain('> ');
  });

  it('forgets at /reset, ends at /exit and sends no other command', async () => {
    const messages = await messagesOf('The\n/reset\ncity\n/wat\n/exit\nThe\n');
    expect(messages).toEqual([
      { role: 'user', content: 'city' },
      { role: 'assistant', content: await continuation('u:city;a:') },
    ]);
    expect((await chat('/wat now\n')).stderr).toContain('(/wat is no command');
  });

  it('says when old messages no longer fit, and goes on', async () => {
    const input = 'abcdefghij\n'.repeat(5); // 13 tokens and more an exchange, of 48
    const { code, stdout, stderr } = await chat(input, '--json');
    expect(code).toBe(0);
    expect(stderr).toContain('the oldest 2 messages no longer fit into the context of 48 tokens');
    expect((JSON.parse(stdout) as { messages: Message[] }).messages).toHaveLength(10);
  });

  it('refuses a message longer than the context, and forgets it', async () => {
    const input = `${'xyz '.repeat(30)}\nThe\n`;
    const { stderr } = await chat(input);
    expect(stderr).toMatch(/expected at most 48 tokens, the model's context, got \d+: shorten/);
    expect(await messagesOf(input)).toEqual(await messagesOf('The\n'));
  });

  it('needs a chat template', async () => {
    const { text } = writeTinyFiles(folder);
    const plain = join(folder, 'plain');
    await llm('pretrain', '--data', text, '--out', plain, ...TINY_MODEL, '--steps', '1');
    const { code, stderr } = await llm('chat', '--model', plain, '--backend', 'cpu');
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('--model: expected a model with a chat template'),
    ]);
  });
});

/** A terminal's keyboard. */
function keyboard(): PassThrough & { readonly isTTY: true } {
  return Object.assign(new PassThrough(), { isTTY: true as const, setRawMode: () => undefined });
}
const CTRL_C = '\u0003';

describe('llm chat on a terminal', () => {
  it('shows a prompt, and Ctrl-C there ends it with 130', async () => {
    const keys = keyboard();
    const ended = llmFed(keys, ...flags());
    keys.write(CTRL_C);
    const { code, stderr } = await ended;
    expect(code).toBe(130);
    expect(stderr).toContain('> ');
    expect(stderr).toMatch(/\nllm chat: interrupted\.\n$/); // on a line of its own
  });

  it('stops an answer at Ctrl-C, keeps what was written, and goes on', async () => {
    const keys = keyboard();
    let isStopped = false;
    const onWritten = (name: string, text: string): void => {
      if (name === 'stdout' && !isStopped) {
        isStopped = true;
        keys.write(CTRL_C);
      }
      if (text.includes('(stopped)')) keys.write('/exit\r');
    };
    keys.write('The\r');
    const { code, stdout, stderr } = await llmFed(
      Object.assign(keys, { onWritten }),
      ...[...flags(), '--max-new-tokens', '40'],
    );
    expect(code).toBe(0);
    expect(stderr).toContain('(stopped)');
    expect(stdout.length).toBeGreaterThan(1); // with the end of the line
    expect(stdout.length).toBeLessThan(20); // 40 tokens are 40 characters and more
  });
});
