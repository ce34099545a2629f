import { expect, it } from 'vitest';
import { Tokenizer } from '../index.ts';

it('places tokens whose parts are merged later in the list', () => {
  // As in lists made from SentencePiece scores: every way to spell a token, whichever its parts' own merges are.
  const tokens = ['a', 'b', 'c', 'd', 'x', 'abcd', 'abc', 'bcd', 'ab', 'cd'];
  const merges = ['abc d', 'a bcd', 'ab cd', 'a b', 'c d', 'ab c', 'b cd'].map((m) => m.split(' '));
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  const { tokens: found, offsets } = Tokenizer.fromJSON({
    model: { type: 'BPE', vocab, merges },
  }).encodeFull('xabcdabx');
  expect(found).toEqual(['x', 'abcd', 'ab', 'x']);
  // x is 0–1, abcd 1–5, ab 5–7, x 7–8
  expect(offsets).toEqual([
    [0, 1],
    [1, 5],
    [5, 7],
    [7, 8],
  ]);
});
