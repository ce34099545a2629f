import { describe, expect, it } from 'vitest';
import { philoxBlock, philoxWords } from './philox.ts';

// Random123, tests/kat_vectors, the lines `philox4x32 10`: counter, key, expected.
const KNOWN_ANSWERS = [
  [
    '00000000 00000000 00000000 00000000',
    '00000000 00000000',
    '6627e8d5 e169c58d bc57ac4c 9b00dbd8',
  ],
  [
    'ffffffff ffffffff ffffffff ffffffff',
    'ffffffff ffffffff',
    '408f276d 41c83b0e a20bc7c6 6d5451fd',
  ],
  [
    '243f6a88 85a308d3 13198a2e 03707344',
    'a4093822 299f31d0',
    'd16cfe09 94fdcceb 5001e420 24126ea1',
  ],
] as const;

const words = (hex: string) => hex.split(' ').map((word) => Number.parseInt(word, 16));

describe('philoxBlock', () => {
  for (const [counter, key, expected] of KNOWN_ANSWERS) {
    it(`gives the published answer for counter ${counter}`, () => {
      const out = new Uint32Array(4);
      philoxBlock(
        words(counter) as [number, number, number, number],
        words(key) as [number, number],
        out,
      );
      expect([...out]).toEqual(words(expected));
    });
  }
});

describe('philoxWords', () => {
  it('depends on the position only, not on where a run began', () => {
    const all = philoxWords(42, 0, 32);
    expect([...philoxWords(42, 3, 9)]).toEqual([...all.subarray(12, 21)]);
  });

  it('uses all 53 bits of seed and counter', () => {
    const high = 2 ** 40;
    expect([...philoxWords(1 + high, 0, 4)]).not.toEqual([...philoxWords(1, 0, 4)]);
    expect([...philoxWords(1, high, 4)]).not.toEqual([...philoxWords(1, 0, 4)]);
    expect([...philoxWords(1, 0, 4, 1)]).not.toEqual([...philoxWords(1, 0, 4)]);
  });
});
