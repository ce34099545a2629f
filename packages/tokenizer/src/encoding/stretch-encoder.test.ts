/** Full encodings stretch by stretch, against those of the whole text at once. */
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Tokenizer } from '../index.ts';

const folder = new URL('../../fixtures/families/', import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith('.json'));

/** Matched in no text; because it is looked for in normalized text, the text is encoded as a whole. */
const elsewhere = {
  content: '\u{10fffe}\u{10fffd}',
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: true,
  special: false,
};

interface TokenizerJson {
  added_tokens: { id: number }[];
}

const text = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...[' ', '  ', '\n', '\t', '\r\n', 'the', ' word', ' Words', '12', '.', ',', '中国', 'é'],
        ...['e\u0301', '▁', '😀', '\ufeff', '\u0007', '\u3000', '½', '\ud800', 'İ', '¡', "'s"],
        ...['<s>', '[MASK]', '<|endoftext|>', '한', '\u0301', '\u200d', 'x'.repeat(60)],
      ),
      fc.string({ unit: 'binary', maxLength: 3 }),
    ),
    { maxLength: 14 },
  )
  .map((parts) => parts.join(''));

describe('full encodings stretch by stretch', () => {
  it.each(names)('are those of the whole text: %s', (name) => {
    const { tokenizer } = JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as {
      tokenizer?: TokenizerJson;
    };
    if (tokenizer === undefined) return;
    const fast = Tokenizer.fromJSON(tokenizer);
    const id = fast.vocabSize;
    const whole = Tokenizer.fromJSON({
      ...tokenizer,
      added_tokens: [...tokenizer.added_tokens, { id, ...elsewhere }],
    });
    const options = { truncation: false, padding: false } as const;
    fc.assert(
      fc.property(text, (sample) => {
        const expected = whole.encodeFull(sample, options).toJSON();
        // New, and remembered.
        for (let i = 0; i < 2; i++)
          expect(fast.encodeFull(sample, options).toJSON()).toEqual(expected);
      }),
      { numRuns: 400, seed: 31 },
    );
  });
});
