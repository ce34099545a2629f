import { describe, expect, it } from 'vitest';
import { trainBpe } from '../train/train-bpe.ts';
import { infillPrompt } from './infill.ts';

const words = 'def add(a, b): return a + b';

describe('infillPrompt', () => {
  it.each([
    [
      ['<|fim_prefix|>', '<|fim_suffix|>', '<|fim_middle|>'],
      [0, 1, 2],
    ],
    [
      ['<｜fim▁begin｜>', '<｜fim▁hole｜>', '<｜fim▁end｜>'],
      [0, 1, 2],
    ],
    [
      ['[PREFIX]', '[SUFFIX]'],
      [1, 0],
    ], // the suffix comes first
  ])('puts the parts between %j', async (specialTokens, order) => {
    const tokenizer = await trainBpe([words], { vocabSize: 262, specialTokens });
    const encode = (text: string) => tokenizer.encode(text, { addSpecialTokens: false });
    const parts = [encode('def '), encode(' return'), []];
    const expected = order.flatMap((i) => [tokenizer.tokenToId(specialTokens[i]!)!, ...parts[i]!]);
    expect(infillPrompt(tokenizer, 'def ', ' return')).toEqual(expected);
  });

  it('says when the vocabulary has no tokens for it', async () => {
    const tokenizer = await trainBpe([words], { vocabSize: 262, specialTokens: ['<fim_prefix>'] });
    expect(() => infillPrompt(tokenizer, 'a', 'b')).toThrow(
      'expected a vocabulary with fill-in-the-middle tokens',
    );
  });
});
