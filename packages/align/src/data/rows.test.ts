import { describe, expect, it } from 'vitest';
import { parsePreferenceRow, parsePromptRow, parseSftRow } from './rows.ts';

const user = { role: 'user', content: 'Hi' };
const assistant = { role: 'assistant', content: 'Hello' };

describe('parseSftRow', () => {
  it('reads prompt and completion, as strings or messages', () => {
    const row = { prompt: 'a', completion: 'b', id: 7 };
    expect(parseSftRow(row, 'row 1')).toEqual({ prompt: 'a', completion: 'b' });
    const chat = { prompt: [user], completion: [assistant] };
    expect(parseSftRow(chat, 'row 1')).toEqual(chat);
  });

  it('reads messages and ShareGPT conversations', () => {
    const expected = { messages: [user, assistant] };
    expect(parseSftRow(expected, 'row 1')).toEqual(expected);
    const conversations = [
      { from: 'human', value: 'Hi' },
      { from: 'gpt', value: 'Hello' },
    ];
    expect(parseSftRow({ conversations }, 'row 1')).toEqual(expected);
  });

  it('reads instruction, input and output, in a format the caller may choose', () => {
    const row = { instruction: 'Add', input: '1 2', output: '3' };
    expect(parseSftRow(row, 'row 1')).toEqual({ prompt: 'Add\n1 2\n', completion: '3' });
    const { prompt } = parseSftRow(row, 'row 1', (what, how) => `${what}: ${how}`) as {
      prompt: string;
    };
    expect(prompt).toBe('Add: 1 2');
    expect(parseSftRow({ instruction: 'Go', output: 'ok' }, 'row 1')).toEqual({
      prompt: 'Go\n',
      completion: 'ok',
    });
  });

  it.each([
    [
      { text: 'x' },
      'a.jsonl line 3: expected the columns messages, prompt and completion, or instruction',
    ],
    ['x', 'a.jsonl line 3: expected an object, got string'],
    [
      { prompt: 'a', completion: 5 },
      'completion: expected a string or a list of messages, got number',
    ],
    [
      { prompt: 'a', completion: [assistant] },
      'all texts to be strings or all to be messages, got both',
    ],
    [{ messages: [] }, 'messages: expected a list of messages, got a list of 0'],
    [{ messages: [{ role: 'user' }] }, 'message 0: expected a role and a content that are strings'],
  ])('refuses %j and says why', (row, message) => {
    expect(() => parseSftRow(row, 'a.jsonl line 3')).toThrow(message);
  });
});

describe('parsePreferenceRow', () => {
  it('reads prompt, chosen, rejected and margin', () => {
    const row = { prompt: 'p', chosen: 'good', rejected: 'bad', margin: 0.5 };
    expect(parsePreferenceRow(row, 'row 1')).toEqual(row);
  });

  it('takes what both answers share as the prompt when there is none', () => {
    const row = { chosen: 'Q: 1+1? 2', rejected: 'Q: 1+1? 3' };
    // the shared part ends in a space, which goes to the answers
    expect(parsePreferenceRow(row, 'row 1')).toEqual({
      prompt: 'Q: 1+1?',
      chosen: ' 2',
      rejected: ' 3',
    });
    const other = { role: 'assistant', content: 'Go away' };
    const chat = parsePreferenceRow(
      { chosen: [user, assistant], rejected: [user, other] },
      'row 1',
    );
    expect(chat).toEqual({ prompt: [user], chosen: [assistant], rejected: [other] });
  });

  it('refuses a margin that is no number', () => {
    const row = { prompt: 'p', chosen: 'a', rejected: 'b', margin: 'wide' };
    expect(() => parsePreferenceRow(row, 'row 4')).toThrow(
      'row 4: margin: expected a number, got string',
    );
  });
});

describe('parsePromptRow', () => {
  it('reads the prompt and ignores the rest', () => {
    expect(parsePromptRow({ prompt: 'p', answer: 4 }, 'row 1')).toBe('p');
  });
});
