/** Counted words as symbols, one for each character, for BPE over characters and for WordPiece. */
import { byCodePoint } from './corpus-words.ts';
import type { Words } from './learn-merges.ts';

export interface AlphabetOptions {
  /** Characters that are tokens even if the corpus lacks them. @default [] */
  readonly initialAlphabet?: readonly string[];
  /** Keep only the most frequent characters. @default no limit */
  readonly limitAlphabet?: number | undefined;
}

/** The characters of the corpus, sorted; with a limit, the most frequent of them. */
export function chooseCharacters(
  counts: ReadonlyMap<string, number>,
  { initialAlphabet = [], limitAlphabet }: AlphabetOptions,
): string[] {
  const seen = new Map<string, number>();
  for (const [word, count] of counts)
    for (const character of word) seen.set(character, (seen.get(character) ?? 0) + count);
  for (const character of initialAlphabet) seen.set(character, Number.POSITIVE_INFINITY);
  return [...seen]
    .sort(([a, m], [b, n]) => n - m || byCodePoint(a, b))
    .slice(0, limitAlphabet)
    .map(([character]) => character)
    .sort(byCodePoint);
}

/** What is written before characters inside a word, and after the last one. */
export interface Affixes {
  readonly prefix: string;
  readonly suffix: string;
}

/** The words as ids of their symbols. Adds the symbols with an affix that occur to `tokens`, sorted. */
export function characterWords(
  counts: ReadonlyMap<string, number>,
  tokens: string[],
  alphabet: ReadonlySet<string>,
  { prefix, suffix }: Affixes,
): Words {
  const affixed = new Set<string>();
  const split = [...counts].map(([word, count]) => {
    const characters = [...word];
    const symbols: string[] = [];
    characters.forEach((character, i) => {
      if (!alphabet.has(character)) return;
      const isLast = i === characters.length - 1;
      const symbol = (i === 0 ? '' : prefix) + character + (isLast ? suffix : '');
      symbols.push(symbol);
      if (symbol !== character) affixed.add(symbol);
    });
    return { symbols, count };
  });
  const known = new Set(tokens);
  tokens.push(...[...affixed].sort(byCodePoint).filter((symbol) => !known.has(symbol)));
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const starts = [0];
  for (const { symbols } of split) starts.push((starts.at(-1) as number) + symbols.length);
  return {
    symbols: Int32Array.from(
      split.flatMap(({ symbols }) => symbols.map((symbol) => ids.get(symbol) as number)),
    ),
    starts,
    lengths: Int32Array.from(split, ({ symbols }) => symbols.length),
    counts: split.map(({ count }) => count),
  };
}
