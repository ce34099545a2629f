// The translation of the most similar text that is known, by the words they share: what a translator's
// memory offers. Similarity is the cosine of the words, rare ones weighing more (tf–idf).
import type { TextPair } from '../data/interface-texts.ts';

export function translationMemory(
  known: readonly TextPair[],
  asked: readonly TextPair[],
): string[] {
  const documents = known.map(({ english }) => wordsOf(english));
  const frequency = new Map<string, number>();
  for (const words of documents)
    for (const word of words) frequency.set(word, (frequency.get(word) ?? 0) + 1);
  const weight = (word: string) => Math.log((1 + known.length) / (1 + (frequency.get(word) ?? 0)));
  const size = (words: ReadonlySet<string>) =>
    Math.sqrt([...words].reduce((sum, word) => sum + weight(word) ** 2, 0));
  const sizes = documents.map(size);
  return asked.map(({ english }) => {
    const words = wordsOf(english);
    let best = { i: 0, similarity: -1 };
    for (const [i, document] of documents.entries()) {
      let product = 0;
      for (const word of words) if (document.has(word)) product += weight(word) ** 2;
      const similarity = product / (sizes[i]! || 1);
      if (similarity > best.similarity) best = { i, similarity };
    }
    return known[best.i]!.chinese;
  });
}

const wordsOf = (text: string): Set<string> =>
  new Set(text.toLowerCase().match(/[a-z]+|\{\d\}/g) ?? []);
