/** Backtracking against the definition of BPE, on lists of merges as a trainer or a converter makes them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Backtracker } from './merge-by-backtracking.ts';
import { MergeTable } from './merge-table.ts';
import { mergeByHeap } from './merge-by-heap.ts';

/** Bytes of two CJK characters, a blank and two letters: borders of several classes. */
const ALPHABET = [0xe4, 0xb8, 0xad, 0xe5, 0x9b, 0xbd, 0x20, 0x61, 0x62];
const BASES = ALPHABET.map((_, id) => id);
type Merge = readonly [left: number, right: number, merged: number];

/** Each token joins two that are there. */
function tokensOf(picks: readonly (readonly [number, number])[]): string[] {
  const tokens = ALPHABET.map((byte) => String.fromCharCode(byte));
  for (const [a, b] of picks) {
    const text = (tokens[a % tokens.length] as string) + (tokens[b % tokens.length] as string);
    if (!tokens.includes(text)) tokens.push(text);
  }
  return tokens;
}

/** Every way to make a token, token by token in an order. */
function allSplits(tokens: readonly string[], order: readonly number[]): Merge[] {
  return order.flatMap((id) => {
    const token = tokens[id] as string;
    const cuts = Array.from({ length: token.length - 1 }, (_, i) => i + 1);
    return cuts.flatMap((cut): Merge[] => {
      const left = tokens.indexOf(token.slice(0, cut));
      const right = tokens.indexOf(token.slice(cut));
      return left >= 0 && right >= 0 ? [[left, right, id]] : [];
    });
  });
}

type Lists = (tokens: readonly string[], shuffle: (ids: number[]) => number[]) => Merge[];
const inOrder = (tokens: readonly string[]): number[] => tokens.map((_, id) => id);
const LISTS: Readonly<Record<string, Lists>> = {
  'one merge to a token, as trained': (tokens) => {
    const merges = allSplits(tokens, inOrder(tokens));
    return merges.filter(([, , id], i) => merges.findIndex((merge) => merge[2] === id) === i);
  },
  'every merge to a token, as converted from ranks': (tokens) => allSplits(tokens, inOrder(tokens)),
  'every merge to a token in any order, as from scores': (tokens, shuffle) =>
    allSplits(tokens, shuffle(inOrder(tokens))),
};

function rawTokens(tokens: readonly string[]) {
  const starts = new Int32Array(tokens.length);
  const ends = new Int32Array(tokens.length);
  tokens.forEach((token, id) => {
    starts[id] = ends[id - 1] ?? 0;
    ends[id] = (starts[id] as number) + token.length;
  });
  const bytes = Uint8Array.from([...tokens.join('')], (character) => character.charCodeAt(0));
  return { bytes, starts, ends };
}

const picks = fc.array(fc.tuple(fc.nat(200), fc.nat(200)), { maxLength: 60 });
const text = fc.array(fc.nat(ALPHABET.length - 1), { minLength: 1, maxLength: 60 });
const repetitive = fc
  .tuple(
    fc.array(fc.nat(ALPHABET.length - 1), { minLength: 1, maxLength: 3 }),
    fc.integer({ min: 1, max: 40 }),
  )
  .map(([part, times]) => new Array<number[]>(times).fill(part).flat());

describe('BPE by backtracking', () => {
  for (const [name, makeList] of Object.entries(LISTS)) {
    it(`gives what merging gives: ${name}`, () => {
      let tried = 0;
      const seeds = fc.infiniteStream(fc.nat(1000));
      fc.assert(
        fc.property(picks, fc.oneof(text, repetitive), seeds, (pairs, symbols, keys) => {
          const tokens = tokensOf(pairs);
          const shuffle = (ids: number[]): number[] =>
            ids
              .map((id) => [keys.next().value as number, id] as const)
              .sort((a, b) => a[0] - b[0])
              .map(([, id]) => id);
          const table = MergeTable.fromList(Int32Array.from(makeList(tokens, shuffle).flat()));
          const backtracker = Backtracker.create(table, rawTokens(tokens), BASES);
          if (backtracker === undefined) return;
          tried++;
          const expected = Int32Array.from(symbols);
          const length = mergeByHeap(table, expected, expected.length);
          const bytes = Uint8Array.from(symbols, (symbol) => ALPHABET[symbol] as number);
          const ids = new Int32Array(symbols.length);
          // Twice: what is marked on the way must be clean for the next piece.
          backtracker.encode(bytes, 0, bytes.length, ids, 0);
          const count = backtracker.encode(bytes, 0, bytes.length, ids, 0);
          expect([...ids.slice(0, count)]).toEqual([...expected.slice(0, length)]);
          expect(backtracker.stoppedAt).toBe(bytes.length);
        }),
        { numRuns: 3000, seed: 7 },
      );
      expect(tried).toBeGreaterThan(200);
    });
  }

  it('takes a token that is the whole piece only when told to', () => {
    // ab joins first, so that a and bb never meet: abb is not what its bytes merge to.
    const tokens = [...tokensOf([]), 'ab', 'bb', 'abb'];
    const table = MergeTable.fromList(Int32Array.of(7, 8, 9, 8, 8, 10, 7, 10, 11));
    const backtracker = Backtracker.create(table, rawTokens(tokens), BASES) as Backtracker;
    const bytes = Uint8Array.from([0x61, 0x62, 0x62]);
    const ids = new Int32Array(3);
    expect(backtracker.encode(bytes, 0, 3, ids, 0)).toBe(2);
    expect([...ids.slice(0, 2)]).toEqual([9, 8]);
    expect(backtracker.encode(bytes, 0, 3, ids, 0, true)).toBe(1);
    expect(ids[0]).toBe(11);
  });

  it('stops at a base symbol that is missing', () => {
    const table = MergeTable.fromList(new Int32Array(0));
    const backtracker = Backtracker.create(table, rawTokens(['a']), [0]) as Backtracker;
    const ids = new Int32Array(2);
    expect(backtracker.encode(Uint8Array.from([0x61, 0x62]), 0, 2, ids, 0)).toBe(1);
    expect(backtracker.stoppedAt).toBe(1);
    expect(backtracker.encode(Uint8Array.from([0x62, 0x61]), 0, 2, ids, 0)).toBe(0);
    expect(backtracker.stoppedAt).toBe(0);
    expect(backtracker.encode(Uint8Array.from([0x61, 0x61]), 0, 2, ids, 0)).toBe(2);
  });

  it('is not for merges that come later than their rank', () => {
    // abb is best, and made of a and bb, which is there only after ab: abb could come after ab did, out of order.
    const tokens = [...tokensOf([]), 'bb', 'abb'];
    const table = MergeTable.fromList(Int32Array.of(7, 9, 10, 8, 8, 9));
    expect(Backtracker.create(table, rawTokens(tokens), BASES)).toBeUndefined();
  });
});
