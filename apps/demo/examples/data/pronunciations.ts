// English words and how they are said: the CMU Pronouncing Dictionary, from `cmu-pronouncing-dictionary`.
import { dictionary } from 'cmu-pronouncing-dictionary';

export interface Pronounced {
  readonly word: string;
  /** Each way to say it, as phonemes with the stress on vowels: `AH0`. */
  readonly ways: readonly (readonly string[])[];
}

/** Words of letters alone, with all their pronunciations; the package writes others as `word(1)`. */
export function loadPronunciations(): Pronounced[] {
  const words = new Map<string, string[][]>();
  for (const [entry, phonemes] of Object.entries(dictionary)) {
    const word = entry.replace(/\(\d+\)$/, '');
    if (!/^[a-z]{2,}$/.test(word)) continue;
    const ways = words.get(word) ?? [];
    ways.push(phonemes.split(' '));
    words.set(word, ways);
  }
  return Array.from(words, ([word, ways]) => ({ word, ways }));
}
