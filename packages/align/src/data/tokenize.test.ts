import { describe, expect, it } from 'vitest';
import { DataError } from '../errors.ts';
import { tokenizePreferences } from './tokenize-preferences.ts';
import { tokenizeSft } from './tokenize-sft.ts';
import type { TextTokenizer } from './tokenizer.ts';

const EOS = 0;
/** One id a character code, except that "ab" is one token (1): the smallest tokenizer with a merge. */
const tokenizer: TextTokenizer = {
  eosTokenId: EOS,
  encode: (text) =>
    (text.match(/ab|[^]/g) ?? []).map((piece) => (piece === 'ab' ? 1 : piece.charCodeAt(0))),
  decode: (ids) => ids.map((id) => (id === 1 ? 'ab' : String.fromCharCode(id))).join(''),
  // every turn is written U…; or A…; and a generation prompt opens with A
  applyChatTemplate: (turns, { addGenerationPrompt }) =>
    turns.map(({ role, content }) => `${role === 'user' ? 'U' : 'A'}${content};`).join('') +
    (addGenerationPrompt ? 'A' : ''),
};
const ids = (text: string) => [...tokenizer.encode(text)];

describe('tokenizeSft', () => {
  it('trains the completion and the EOS it appends, and nothing of the prompt', () => {
    const { examples, report } = tokenizeSft([{ prompt: 'xy', completion: 'z' }], tokenizer);
    expect(examples).toEqual([{ inputIds: [...ids('xyz'), EOS], completionMask: [0, 0, 1, 1] }]);
    expect(report).toMatchObject({ rows: 1, examples: 1, tokens: 4, trainedTokens: 2, dropped: 0 });
  });

  it('gives a token that spans the border to the completion, and counts it', () => {
    // "xa" + "b" is x, ab: the prompt's own "a" never occurs
    const { examples, report } = tokenizeSft([{ prompt: 'xa', completion: 'b' }], tokenizer);
    expect(examples).toEqual([{ inputIds: [...ids('x'), 1, EOS], completionMask: [0, 1, 1] }]);
    expect(report.boundaryMoved).toBe(1);
  });

  it('trains every assistant turn of a conversation, and adds no EOS of its own', () => {
    const turn = (role: string, content: string) => ({ role, content });
    const messages = [
      turn('user', '1'),
      turn('assistant', '2'),
      turn('user', '3'),
      turn('assistant', '4'),
    ];
    const { examples } = tokenizeSft([{ messages }], tokenizer);
    expect(tokenizer.decode(examples[0]!.inputIds)).toBe('U1;A2;U3;A4;');
    expect(examples[0]!.completionMask.join('')).toBe('000011000011');
  });

  it('cuts at maxLength, drops what then trains nothing, and counts both', () => {
    const rows = [
      { prompt: 'xy', completion: 'zzz' },
      { prompt: 'xyxy', completion: 'z' },
      { prompt: 'x', completion: 'y' },
    ];
    const { examples, report } = tokenizeSft(rows, tokenizer, { maxLength: 4 });
    expect(examples.map((example) => tokenizer.decode(example.inputIds))).toEqual(['xyzz', 'xy\0']);
    expect(report).toMatchObject({
      rows: 3,
      examples: 2,
      truncated: 2,
      dropped: 1,
      tokens: 7,
      trainedTokens: 4,
    });
  });

  it('does not count a first token, which nothing predicts', () => {
    const { report } = tokenizeSft([{ prompt: '', completion: 'xy' }], tokenizer);
    expect(report.trainedTokens).toBe(2); // y and EOS
  });

  it('refuses data that trains nothing', () => {
    const row = { prompt: 'xyxy', completion: 'z' };
    expect(() => tokenizeSft([row], tokenizer, { maxLength: 4 })).toThrow(
      'sft: data: expected at least one trained token, got 0: the prompts of all 1 rows fill maxLength 4',
    );
    expect(() => tokenizeSft([], tokenizer)).toThrow('there are no rows');
  });

  it('asks for a chat template where the rows need one', () => {
    const plain = { encode: tokenizer.encode, decode: tokenizer.decode };
    const rows = [{ messages: [{ role: 'user', content: 'x' }] }];
    expect(() => tokenizeSft(rows, plain)).toThrow(DataError);
  });
});

describe('tokenizePreferences', () => {
  it('starts both answers at the same token', () => {
    // chosen "b" merges with the prompt's "a", rejected "c" doesn't: both start before the "a"
    const { examples } = tokenizePreferences(
      [{ prompt: 'xa', chosen: 'b', rejected: 'c' }],
      tokenizer,
    );
    expect(examples).toEqual([
      { promptIds: ids('x'), chosenIds: [1, EOS], rejectedIds: [...ids('ac'), EOS] },
    ]);
  });

  it('cuts or drops long pairs, as told, and drops a prompt that fills maxLength', () => {
    const rows = [
      { prompt: 'x', chosen: 'yyyyy', rejected: 'z', margin: 2 },
      { prompt: 'xxxx', chosen: 'y', rejected: 'z' },
      { prompt: 'x', chosen: 'y', rejected: 'z' },
    ];
    const cut = tokenizePreferences(rows, tokenizer, { maxLength: 4 });
    expect(cut.examples[0]).toEqual({
      promptIds: ids('x'),
      chosenIds: ids('yyy'),
      rejectedIds: [...ids('z'), EOS],
      margin: 2,
    });
    expect(cut.report).toMatchObject({ rows: 3, examples: 2, truncated: 1, dropped: 1 });
    const dropped = tokenizePreferences(rows, tokenizer, { maxLength: 4, tooLong: 'drop' });
    expect(dropped.report).toMatchObject({ examples: 1, truncated: 0, dropped: 2 });
  });
});
