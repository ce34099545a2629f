import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { BYTE_LEVEL, gpt2Tokenizer } from '../../test-support/gpt2.ts';
import { Backtracker } from './merge-by-backtracking.ts';
import { textWindows } from './utf8-buffer.ts';

const fast = gpt2Tokenizer();
// A Split that never matches has no scanner, so every piece goes through the general pre-tokenizer and model.
const nothing = { type: 'Split', pattern: { String: '\u{10fffe}' }, behavior: 'Isolated' };
const general = gpt2Tokenizer({ type: 'Sequence', pretokenizers: [nothing, BYTE_LEVEL] });
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc
    .array(
      fc.constantFrom('the', ' of', 'ing', '  ', '\n', "'s", '12', '\u00e9', '\u4e2d', '\ud83d'),
    )
    .map((parts) => parts.join('')),
);

describe('byte-level BPE', () => {
  it('decodes what it encoded', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const whole = text.replace(/\p{Surrogate}/gu, '\uFFFD');
        expect(fast.decode(fast.encode(text))).toBe(whole);
      }),
      { numRuns: 200 },
    );
  });

  it('gives the same ids on the fast and on the general path, cached or not', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const expected = general.encode(text);
        // New, seen once (long pieces are cached when they come again), and cached.
        for (let i = 0; i < 3; i++) expect(fast.encode(text)).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  it('gives the same ids of noise, of which little is remembered, and of text after it', () => {
    const unit = (i: number): string => String.fromCharCode(Math.imul(i + 1, 0x9e3779b1) >>> 24);
    const noise = Array.from({ length: 20_000 }, (_, i) => unit(i * i)).join('');
    const text = noise + 'and then it is text again. '.repeat(400) + noise.slice(0, 5000);
    const expected = general.encode(text);
    for (let i = 0; i < 2; i++) expect(fast.encode(text)).toEqual(expected);
  });

  it('looks once whether its merges can be undone, also where they cannot', () => {
    const create = vi.spyOn(Backtracker, 'create').mockReturnValue(undefined);
    try {
      const classic = gpt2Tokenizer();
      for (const text of ['one piece', 'another piece', '\u4e2d\u6587 pieces'])
        expect(classic.encode(text)).toEqual(general.encode(text));
      expect(create).toHaveBeenCalledOnce();
    } finally {
      create.mockRestore();
    }
  });

  it('adds a prefix space as asked', () => {
    const prefixed = gpt2Tokenizer({ ...BYTE_LEVEL, add_prefix_space: true });
    expect(prefixed.encode('word')).toEqual(fast.encode(' word'));
    expect(prefixed.encode(' word')).toEqual(fast.encode(' word'));
  });

  it('gives the same ids whether a long text is cut into windows or not', () => {
    const paragraph =
      "It's 1 of the longest texts, isn't it?  Yes;\n\n it is. \u4e2d\u6587 ".repeat(50);
    const long = paragraph.repeat(40);
    expect([...textWindows(long)].length).toBeGreaterThan(2);
    expect([...textWindows(long)].join('')).toBe(long);
    // Each paragraph ends in a blank and begins with a letter, so its ids stand alone but for that blank.
    const one = fast.encode(paragraph.trimEnd());
    const joined = fast.encode(` ${paragraph.trimEnd()}`);
    const expected = [...one, ...new Array<number[]>(39).fill(joined).flat(), ...fast.encode(' ')];
    expect(fast.encode(long)).toEqual(expected);
  });
});

describe('a megabyte of anything', () => {
  // Linear work takes some 0.2 s on a laptop. Quadratic work needs hours, and runs into the test's own limit.
  const inputs: Record<string, string> = {
    'one letter': 'a'.repeat(1e6),
    blanks: ' '.repeat(1e6),
    newlines: '\n'.repeat(1e6),
    marks: '!'.repeat(1e6),
    emoji: '\u{1f600}'.repeat(250_000),
    'one ideograph': '\u4e2d'.repeat(333_333),
    'blank after newline': '(\n '.repeat(333_333),
    digits: '7'.repeat(1e6),
    specials: '<|endoftext|>'.repeat(77_000),
    'almost specials': '<|endoftext|'.repeat(83_000),
  };

  it.each(Object.keys(inputs))('%s', (name) => {
    const input = inputs[name] as string;
    const ids = fast.encodeToInt32(input);
    expect(fast.decode(ids)).toBe(input);
  });
});
