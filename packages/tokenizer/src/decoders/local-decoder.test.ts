/** Decoding token by token from a table against the chain of decoders, which is the definition. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Tokenizer } from '../index.ts';
import { parseDecoder } from './decoder.ts';
import { localDecoder } from './local-decoder.ts';

const replace = { type: 'Replace', pattern: { String: '▁' }, content: ' ' };
const strip = { type: 'Strip', content: ' ', start: 1, stop: 0 };
const sequence = (...decoders: object[]): object => ({ type: 'Sequence', decoders });

const LOCAL: Readonly<Record<string, object | null>> = {
  none: null,
  Metaspace: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
  'Metaspace, never': { type: 'Metaspace', replacement: '▁', prepend_scheme: 'never', split: true },
  WordPiece: { type: 'WordPiece', prefix: '##', cleanup: true },
  'WordPiece, no cleanup': { type: 'WordPiece', prefix: '##', cleanup: false },
  Llama: sequence(replace, { type: 'ByteFallback' }, { type: 'Fuse' }, strip),
  Gemma: sequence(replace, { type: 'ByteFallback' }, { type: 'Fuse' }),
  'no bytes': sequence(replace, { type: 'Fuse' }, strip),
};
const OTHERS: readonly object[] = [
  { type: 'ByteLevel' },
  { type: 'BPEDecoder', suffix: '</w>' },
  { type: 'Fuse' },
  sequence(replace, { type: 'ByteFallback' }),
  sequence({ type: 'ByteFallback' }, replace, { type: 'Fuse' }),
  sequence({ type: 'Metaspace' }, { type: 'Fuse' }),
];

const TOKENS = [
  'a',
  '▁',
  '▁a',
  'b▁▁c',
  ' ',
  '##ing',
  '##',
  ' .',
  '.',
  "'",
  's',
  "n't",
  'do',
  ' do not',
  '中',
  '😀',
  '\uFFFD',
  '',
  '<0xE4>',
  '<0xB8>',
  '<0xAD>',
  '<0x41>',
  '<0xf0>',
  '<0xFF>',
  '\uFEFF',
  'a long token of many letters',
];

describe('decoding from a table', () => {
  for (const [name, decoder] of Object.entries(LOCAL)) {
    it(`gives the text of the chain: ${name}`, () => {
      const vocab = Object.fromEntries(TOKENS.map((token, id) => [token, id]));
      const model = { type: 'WordLevel', vocab, unk_token: 'a' };
      const tokenizer = Tokenizer.fromJSON({ model, decoder });
      const chain =
        decoder === null
          ? (tokens: string[]) => [tokens.join(' ')]
          : parseDecoder(decoder, 'decoder');
      expect(localDecoder(decoder)).toBeDefined();
      const ids = fc.array(fc.nat(TOKENS.length - 1), { maxLength: 12 });
      fc.assert(
        fc.property(ids, (list) => {
          const tokens = list.map((id) => TOKENS[id] as string);
          expect(tokenizer.decode(list)).toBe(chain(tokens).join(''));
        }),
        { numRuns: 1000, seed: 5 },
      );
    });
  }

  it('leaves other decoders to the chain', () => {
    for (const decoder of OTHERS) expect(localDecoder(decoder)).toBeUndefined();
  });
});
