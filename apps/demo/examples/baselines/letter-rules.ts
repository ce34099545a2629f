// Each letter with its neighbours becomes what it most often became: letters are first shared out over a
// word's phonemes evenly, as no alignment is known.
import type { Pronounced } from '../data/pronunciations.ts';

const CONTEXTS = [
  (letters: string, i: number) => letters.slice(i, i + 5), // two on each side
  (letters: string, i: number) => letters.slice(i + 1, i + 4), // one on each side
  (letters: string, i: number) => letters[i + 2]!,
];

/** @returns the phonemes of each held-out word */
export function letterRules(
  train: readonly Pronounced[],
  heldOut: readonly Pronounced[],
): string[][] {
  const counts = CONTEXTS.map(() => new Map<string, Map<string, number>>());
  for (const { word, ways } of train) {
    const shares = shareOut(word.length, ways[0]!);
    for (const i of shares.keys()) {
      for (const [c, context] of CONTEXTS.entries()) {
        const key = context(padded(word), i);
        const found = counts[c]!.get(key) ?? new Map<string, number>();
        found.set(shares[i]!, (found.get(shares[i]!) ?? 0) + 1);
        counts[c]!.set(key, found);
      }
    }
  }
  const best = counts.map(
    (table) => new Map(Array.from(table, ([key, of]) => [key, commonest(of)])),
  );
  return heldOut.map(({ word }) =>
    Array.from(word).flatMap((_, i) => {
      const known = CONTEXTS.map((context, c) => best[c]!.get(context(padded(word), i)));
      return (known.find((share) => share !== undefined) ?? '').split(' ').filter(Boolean);
    }),
  );
}

const padded = (word: string): string => `__${word}__`;

/** The phonemes of each letter, joined by spaces: an even share, in order. */
function shareOut(letters: number, phonemes: readonly string[]): string[] {
  const border = (i: number) => Math.round((i * phonemes.length) / letters);
  return Array.from({ length: letters }, (_, i) =>
    phonemes.slice(border(i), border(i + 1)).join(' '),
  );
}

const commonest = (counts: ReadonlyMap<string, number>): string =>
  [...counts].sort(([, a], [, b]) => b - a)[0]![0];
