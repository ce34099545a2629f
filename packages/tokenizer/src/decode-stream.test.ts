import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gpt2Tokenizer } from '../test-support/gpt2.ts';
import { windowDecodeStream } from './decode-stream.ts';
import { Tokenizer } from './index.ts';

const gpt2 = gpt2Tokenizer();

function streamed(tokenizer: Tokenizer, ids: readonly number[]): string[] {
  const stream = tokenizer.decodeStream();
  return [...ids.map((id) => stream.push(id)), stream.flush()];
}

describe('decodeStream', () => {
  it('holds an emoji until its last byte has come', () => {
    // 😀 is f0 9f 98 80: GPT-2 has one token for its first two bytes, then one for each of the others.
    const ids = gpt2.encode('a😀b');
    expect(ids.length).toBe(4);
    expect(streamed(gpt2, ids)).toEqual(['a', '', '😀', 'b', '']);
  });

  it('gives a character that never became whole as U+FFFD at the end', () => {
    const ids = gpt2.encode('a😀').slice(0, 2);
    expect(streamed(gpt2, ids)).toEqual(['a', '', '\uFFFD']);
  });

  it('gives a real U+FFFD and a leading U+FEFF at once', () => {
    expect(streamed(gpt2, gpt2.encode('\uFFFD')).join('')).toBe('\uFFFD');
    expect(streamed(gpt2, gpt2.encode('\uFEFFx')).join('')).toBe('\uFEFFx');
  });

  it('leaves special tokens out when asked', () => {
    const stream = gpt2.decodeStream({ skipSpecialTokens: true });
    const ids = gpt2.encode('a<|endoftext|>b');
    expect(ids.map((id) => stream.push(id))).toEqual(['a', '', 'b']);
  });

  it('gives in pieces what decode gives at once, and never half a character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        const ids = gpt2.encode(text);
        const parts = streamed(gpt2, ids);
        expect(parts.join('')).toBe(gpt2.decode(ids));
        // A pair of surrogates never comes apart, because bytes are decoded by whole code points.
        for (const part of parts) expect(part).not.toMatch(/\p{Surrogate}/u);
      }),
      { numRuns: 200 },
    );
  });

  it('gives in pieces what other decoders give at once', () => {
    const wordPiece = Tokenizer.fromJSON({
      pre_tokenizer: { type: 'BertPreTokenizer' },
      decoder: { type: 'WordPiece', prefix: '##', cleanup: false },
      model: { type: 'WordPiece', unk_token: '?', vocab: { '?': 0, un: 1, '##able': 2, do: 3 } },
    });
    const ids = wordPiece.encode('unable do unable ! do');
    expect(ids).toEqual([1, 2, 3, 1, 2, 0, 3]);
    expect(streamed(wordPiece, ids)).toEqual(['un', 'able', ' do', ' un', 'able', ' ?', ' do', '']);
    expect(wordPiece.decode(ids)).toBe('unable do unable ? do');
  });

  it('holds text back while a window decoder ends in U+FFFD', () => {
    const texts: Record<string, string> = { '1': '\uFFFD', '1,2': 'é', '2': '?' };
    const stream = windowDecodeStream((ids) => texts[ids.join()] ?? '');
    expect([stream.push(1), stream.push(2)]).toEqual(['', 'é']);
  });
});
