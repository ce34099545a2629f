/** Backtracking against the definition of BPE, on lists of merges as a trainer or a converter makes them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Backtracker } from './merge-by-backtracking.ts';
import { MergeTable } from './merge-table.ts';
import { mergeByHeap } from './merge-by-heap.ts';

/** Bytes of two CJK characters, a blank and two letters: borders of several classes. */
const ALPHABET = [0xe4, 0xb8, 0xad, 0xe5, 0x9b, 0xbd, 0x20, 0x61, 0x62];
type Merge = readonly [left: number, right: number, merged: number];

/** Tokens as bytes, and merges; each merge joins two tokens that are there. */
function vocabulary(picks: readonly (readonly [number, number])[], isConverted: boolean) {
  const tokens = ALPHABET.map((byte) => String.fromCharCode(byte));
  const merges: Merge[] = [];
  for (const [a, b] of picks) {
    const [left, right] = [a % tokens.length, b % tokens.length];
    const text = (tokens[left] as string) + (tokens[right] as string);
    if (tokens.includes(text)) continue;
    tokens.push(text);
    if (!isConverted) merges.push([left, right, tokens.length - 1]);
  }
  if (isConverted) {
    // As converters of tiktoken's ranks write them: every way to make a token, in the order of the tokens.
    tokens.forEach((token, id) => {
      for (let cut = 1; cut < token.length; cut++) {
        const left = tokens.indexOf(token.slice(0, cut));
        const right = tokens.indexOf(token.slice(cut));
        if (left >= 0 && right >= 0) merges.push([left, right, id]);
      }
    });
  }
  return { tokens, merges };
}

function rawTokens(tokens: readonly string[]) {
  const starts = new Int32Array(tokens.length + 1);
  tokens.forEach((token, id) => (starts[id + 1] = (starts[id] as number) + token.length));
  const bytes = Uint8Array.from([...tokens.join('')], (character) => character.charCodeAt(0));
  return { bytes, starts };
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
  for (const isConverted of [false, true]) {
    it(`gives what merging gives, ${isConverted ? 'several merges to a token' : 'one merge to a token'}`, () => {
      fc.assert(
        fc.property(picks, fc.oneof(text, repetitive), (pairs, symbols) => {
          const { tokens, merges } = vocabulary(pairs, isConverted);
          const table = MergeTable.fromList(Int32Array.from(merges.flat()));
          fc.pre(table.isOrdered);
          const bases = ALPHABET.map((_, id) => id);
          const backtracker = new Backtracker(table, rawTokens(tokens), bases);
          const expected = Int32Array.from(symbols);
          const length = mergeByHeap(table, expected, expected.length);
          const bytes = Uint8Array.from(symbols, (symbol) => ALPHABET[symbol] as number);
          const ids = new Int32Array(symbols.length);
          // Twice: what is marked on the way must be clean for the next piece.
          backtracker.encode(bytes, 0, bytes.length, ids, 0);
          const count = backtracker.encode(bytes, 0, bytes.length, ids, 0);
          expect([...ids.slice(0, count)]).toEqual([...expected.slice(0, length)]);
        }),
        { numRuns: 2000, seed: 7 },
      );
    });
  }

  it('takes a token that is the whole piece only when told to', () => {
    // ab joins first, so that a, bb never meet: abb is not what its bytes merge to.
    const { tokens, merges } = vocabulary(
      [
        [7, 8],
        [8, 8],
        [7, 10],
      ],
      false,
    ); // ab, bb, a+bb
    const table = MergeTable.fromList(Int32Array.from(merges.flat()));
    const backtracker = new Backtracker(
      table,
      rawTokens(tokens),
      ALPHABET.map((_, id) => id),
    );
    const bytes = Uint8Array.from([0x61, 0x62, 0x62]);
    const ids = new Int32Array(3);
    expect(backtracker.encode(bytes, 0, 3, ids, 0)).toBe(2);
    expect([...ids.slice(0, 2)]).toEqual([9, 8]);
    expect(backtracker.encode(bytes, 0, 3, ids, 0, true)).toBe(1);
    expect(ids[0]).toBe(11);
  });

  it('says when a base symbol is missing', () => {
    const table = MergeTable.fromList(new Int32Array(0));
    const backtracker = new Backtracker(table, rawTokens(['a']), [0]);
    expect(backtracker.encode(Uint8Array.from([0x61, 0x62]), 0, 2, new Int32Array(2), 0)).toBe(-1);
    expect(backtracker.encode(Uint8Array.from([0x61, 0x61]), 0, 2, new Int32Array(2), 0)).toBe(2);
  });
});
