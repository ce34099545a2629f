/** Pieces cut into parts, each with its own ids, against the general path, on any list of merges of a few characters. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BYTE_LEVEL } from '../../test-support/gpt2.ts';
import { Tokenizer } from '../index.ts';
import { BYTE_CHARACTERS } from './byte-alphabet.ts';
import { CharacterBorders } from './character-borders.ts';

const CHARACTERS = ['中', '丮', '国', 'の', 'क', 'é', '😀', 'a', ' ', '。'];
const BYTES = [...new Set(new TextEncoder().encode(CHARACTERS.join('')))];
const nothing = { type: 'Split', pattern: { String: '\u{10fffe}' }, behavior: 'Isolated' };

/** Each merge joins two tokens that are there; few tokens at first, so that whole characters come about. */
function tokenizer(
  picks: readonly (readonly [number, number])[],
  ignoreMerges: boolean,
  preTokenizer: unknown,
): Tokenizer {
  const tokens = BYTES.map((byte) => BYTE_CHARACTERS[byte] as string);
  const merges: [string, string][] = [];
  for (const character of CHARACTERS.slice(0, 3)) {
    const [a, b, c] = [...new TextEncoder().encode(character)].map(
      (byte) => BYTE_CHARACTERS[byte] as string,
    ) as [string, string, string];
    for (const [left, right] of [
      [a, b],
      [a + b, c],
    ] as const)
      if (!tokens.includes(left + right)) {
        merges.push([left, right]);
        tokens.push(left + right);
      }
  }
  for (const [a, b] of picks) {
    const [left, right] = [tokens[a % tokens.length], tokens[b % tokens.length]] as [
      string,
      string,
    ];
    if (tokens.includes(left + right)) continue;
    merges.push([left, right]);
    tokens.push(left + right);
  }
  for (const character of BYTE_CHARACTERS) if (!tokens.includes(character)) tokens.push(character);
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  const model = { type: 'BPE', vocab, merges, ignore_merges: ignoreMerges };
  return Tokenizer.fromJSON({ pre_tokenizer: preTokenizer, decoder: BYTE_LEVEL, model });
}

const picks = fc.array(fc.tuple(fc.nat(200), fc.nat(200)), { maxLength: 40 });
const text = fc.array(fc.constantFrom(...CHARACTERS), { maxLength: 30 }).map((all) => all.join(''));

/** Words that hardly come twice, after which pieces are cut between characters of all lengths. */
const NOISE = Array.from({ length: 3000 }, (_, i) => {
  const letter = (shift: number): string => String.fromCharCode(0xe0 + ((i >> shift) & 15));
  return letter(0) + letter(4) + letter(8);
}).join(' ');

describe('parts of pieces', () => {
  it.each([
    [false, ''],
    [true, ''],
    [false, NOISE],
    [true, NOISE],
  ])('have the ids of the piece (ignore_merges: %s, case %#)', (ignoreMerges, noise) => {
    fc.assert(
      fc.property(picks, fc.array(text, { maxLength: 8 }), (list, texts) => {
        const fast = tokenizer(list, ignoreMerges, BYTE_LEVEL);
        const sequence = { type: 'Sequence', pretokenizers: [nothing, BYTE_LEVEL] };
        const general = tokenizer(list, ignoreMerges, sequence);
        fast.encode(noise);
        for (const each of texts) {
          const expected = general.encode(each);
          for (let i = 0; i < 3; i++) expect(fast.encode(each), each).toEqual(expected);
        }
      }),
      { numRuns: noise === '' ? 150 : 60 },
    );
  });
});

describe('borders of characters', () => {
  const points = (character: string): number => character.codePointAt(0) as number;
  /** Tokens as byte strings; the merges as their indices. */
  function borders(tokens: readonly (readonly number[])[], list: readonly number[], isWide = true) {
    const starts = Int32Array.from(tokens, (_, id) => tokens.slice(0, id).flat().length);
    const ends = Int32Array.from(tokens, (token, id) => (starts[id] as number) + token.length);
    const raw = { bytes: Uint8Array.from(tokens.flat()), starts, ends };
    return new CharacterBorders(Int32Array.from(list), raw, isWide);
  }
  const bytes = (character: string): number[] => [...new TextEncoder().encode(character)];
  const mayJoin = (all: CharacterBorders, [a, b]: readonly [string, string]): boolean =>
    all.mayJoin(points(a), points(b));

  it('are closed where no merge crosses them', () => {
    const all = borders([bytes('中'), bytes('国'), bytes('中国')], [0, 1, 2]);
    expect(mayJoin(all, ['中', '国'])).toBe(true);
    expect(mayJoin(all, ['国', '中'])).toBe(false);
    expect(mayJoin(all, ['中', '人'])).toBe(false);
  });

  it('tell pairs with shorter characters apart in a table of their own', () => {
    const all = borders([bytes('é'), bytes('a'), bytes('中')], [0, 1, 1, 1, 2, 2], false);
    expect(mayJoin(all, ['é', 'a'])).toBe(true);
    expect(mayJoin(all, ['a', '中'])).toBe(true);
    expect(mayJoin(all, ['a', 'é'])).toBe(false);
    expect(mayJoin(all, ['中', 'a'])).toBe(false);
  });

  it('are open where a merge joins parts of the characters', () => {
    const end = bytes('中').slice(1);
    const all = borders([end, bytes('国').slice(0, 1), [...end, 0xe5]], [0, 1, 2]);
    expect(mayJoin(all, ['中', '国'])).toBe(true);
    expect(mayJoin(all, ['中', '倫'])).toBe(true);
    expect(mayJoin(all, ['国', '中'])).toBe(false);
  });
});
