import { describe, expect, it } from 'vitest';
import { StopText, type TokenStream } from './stop-text.ts';

/** Token i is the i-th piece. */
const pieces = (...texts: string[]): TokenStream => ({
  push: (id) => texts[id]!,
  flush: () => '',
});

function run(texts: string[], stops: string[]): { given: string[]; text: StopText } {
  const text = new StopText(pieces(...texts), stops);
  const given = texts.map((_, i) => text.push(i));
  return { given: [...given, text.flush()], text };
}

describe('StopText', () => {
  it('cuts before a stop string that begins and ends within tokens', () => {
    const { given, text } = run(['say E', 'N', 'D now', ' more'], ['END']);
    expect(text.text).toBe('say ');
    expect(text.isStopped).toBe(true);
    expect(given).toEqual(['say ', '', '', '', '']); // 'E' and 'N' were held back
  });

  it('lets go what turned out to be no stop string', () => {
    const { given, text } = run(['a\n', '\nb', '\n'], ['\n\n\n']);
    expect(given).toEqual(['a', '\n\nb', '', '\n']);
    expect(text.isStopped).toBe(false);
  });

  it('cuts at the first of several, also when a longer one begins later', () => {
    expect(run(['abcdef'], ['cdef', 'bc']).text.text).toBe('a');
  });

  it('holds the longest beginning that is still open', () => {
    // after 'aab' the string 'aaba' may have begun at 0; 'c' shows that it has not
    expect(run(['aa', 'b', 'c'], ['aaba']).given).toEqual(['', '', 'aabc', '']);
  });

  it('gives everything at once without stop strings', () => {
    expect(run(['ab', 'c'], []).given).toEqual(['ab', 'c', '']);
  });
});
