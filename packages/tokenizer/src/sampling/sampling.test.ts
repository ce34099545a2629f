import { describe, expect, it } from 'vitest';
import { Tokenizer } from '../index.ts';
import { Random } from './random.ts';

/** h e l l o with merges l+l, h+e, ll+o, he+llo. */
const BPE = {
  model: {
    type: 'BPE',
    vocab: { h: 0, e: 1, l: 2, o: 3, ll: 4, he: 5, llo: 6, hello: 7 },
    merges: [
      ['l', 'l'],
      ['h', 'e'],
      ['ll', 'o'],
      ['he', 'llo'],
    ],
  },
};
/** ab as one piece or two: ln 0.5, and ln 0.4 + ln 0.4. */
const UNIGRAM = {
  model: {
    type: 'Unigram',
    unk_id: 0,
    vocab: [
      ['<unk>', -9],
      ['ab', Math.log(0.5)],
      ['a', Math.log(0.4)],
      ['b', Math.log(0.4)],
    ],
  },
};

describe('BPE dropout', () => {
  const tokenizer = Tokenizer.fromJSON(BPE);
  const sample = (dropout: number, seed: number) =>
    tokenizer.encode('hello', { sampling: { dropout, seed } });

  it('with rate 0 merges as always, with rate 1 never', () => {
    expect(sample(0, 1)).toEqual([7]);
    expect(sample(1, 1)).toEqual([0, 1, 2, 2, 3]);
  });

  it('gives other tokens for other seeds, the same for the same, and always the text', () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 40; seed++) {
      const ids = sample(0.5, seed);
      expect(sample(0.5, seed)).toEqual(ids);
      expect(ids.map((id) => tokenizer.idToToken(id)).join('')).toBe('hello');
      seen.add(ids.join());
    }
    expect(seen.size).toBeGreaterThan(4);
  });

  it('takes the rate of the tokenizer.json, which encoding without sampling does not', () => {
    const dropping = Tokenizer.fromJSON({ model: { ...BPE.model, dropout: 1 } });
    expect(dropping.encode('hello')).toEqual([7]);
    expect(dropping.encode('hello', { sampling: { seed: 1 } })).toHaveLength(5);
  });

  it('merges a pair as often as its probability says', () => {
    // One merge, rate 0.3: "ll" is merged in 70 % of 4000 samples, ± 4 standard deviations (0.0072).
    let merged = 0;
    for (let seed = 0; seed < 4000; seed++)
      merged += tokenizer.encode('ll', { sampling: { dropout: 0.3, seed } }).length === 1 ? 1 : 0;
    expect(Math.abs(merged / 4000 - 0.7)).toBeLessThan(0.03);
  });
});

describe('Unigram', () => {
  const tokenizer = Tokenizer.fromJSON(UNIGRAM);

  it('lists the best tokenizations with their log probabilities', () => {
    const best = tokenizer.encodeNBest('ab', 5);
    expect(best.map(({ ids }) => ids)).toEqual([[1], [2, 3]]);
    expect(best[0]?.score).toBeCloseTo(Math.log(0.5), 12);
    expect(best[1]?.score).toBeCloseTo(2 * Math.log(0.4), 12);
  });

  it('combines the lists of several pieces', () => {
    const split = Tokenizer.fromJSON({ ...UNIGRAM, pre_tokenizer: { type: 'WhitespaceSplit' } });
    expect(split.encodeNBest('ab ab', 3).map(({ ids }) => ids)).toEqual([
      [1, 1],
      [1, 2, 3],
      [2, 3, 1],
    ]);
  });

  it.each([-1, 2])('samples in proportion to the probabilities, nbestSize %i', (nbestSize) => {
    // P(ab) = 0.5 / (0.5 + 0.16) = 0.7576 with alpha 1; 4 standard deviations of 4000 samples are 0.027.
    let whole = 0;
    for (let seed = 0; seed < 4000; seed++) {
      const ids = tokenizer.encode('ab', { sampling: { seed, alpha: 1, nbestSize } });
      whole += ids.length === 1 ? 1 : 0;
    }
    expect(Math.abs(whole / 4000 - 0.5 / 0.66)).toBeLessThan(0.028);
  });

  it('is refused for other models', () => {
    expect(() => Tokenizer.fromJSON(BPE).encodeNBest('a', 2)).toThrow(/expected a Unigram model/);
  });
});

describe('options', () => {
  it.each([
    [{ seed: 0.5 }, /sampling.seed/],
    [{ seed: 1, dropout: 2 }, /sampling.dropout/],
    [{ seed: 1, alpha: -1 }, /sampling.alpha/],
    [{ seed: 1, nbestSize: 0 }, /sampling.nbestSize/],
  ])('%j is refused', (sampling, message) => {
    expect(() => Tokenizer.fromJSON(BPE).encode('a', { sampling })).toThrow(message);
  });
});

describe('Random', () => {
  it('is uniform and depends on the seed', () => {
    const random = new Random(1);
    const values = Array.from({ length: 10_000 }, () => random.uniform());
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    // Standard error 0.0029.
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.012);
    expect(new Random(2).uniform()).not.toBe(new Random(1).uniform());
  });
});

describe('special tokens', () => {
  const tokenizer = Tokenizer.fromJSON({
    ...BPE,
    added_tokens: [{ id: 8, content: '<s>', special: true, normalized: false }],
  });

  it('are an error where they are disallowed', () => {
    expect(() => tokenizer.encode('he<s>', { disallowedSpecial: 'all' })).toThrow(/got "<s>"/);
    expect(() => tokenizer.encode('he<s>', { disallowedSpecial: ['<s>'] })).toThrow(/got "<s>"/);
  });

  it('are recognised where they are allowed', () => {
    const options = { disallowedSpecial: 'all', allowedSpecial: ['<s>'] } as const;
    expect(tokenizer.encode('he<s>', options)).toEqual([5, 8]);
    expect(tokenizer.encode('hello', { disallowedSpecial: 'all' })).toEqual([7]);
  });
});
