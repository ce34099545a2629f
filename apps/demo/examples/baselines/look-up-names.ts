// Names that were seen in training are found again, the longest first, with their commonest kind: the
// baseline of CoNLL-2003's shared task.
import { entitySpans } from '@llm/transformer';
import type { TaggedSentence } from '../data/entities.ts';

/** @returns tags of each word of the held-out sentences */
export function lookUpNames(
  train: readonly TaggedSentence[],
  heldOut: readonly TaggedSentence[],
): string[][] {
  const kinds = countKinds(train);
  const longest = Math.max(0, ...Array.from(kinds.keys(), (name) => name.split(' ').length));
  return heldOut.map(({ words }) => {
    const tags = words.map(() => 'O');
    for (let start = 0; start < words.length; start++) {
      for (let length = Math.min(longest, words.length - start); length > 0; length--) {
        const kind = commonest(kinds.get(words.slice(start, start + length).join(' ')));
        if (kind === undefined) continue;
        tags.fill(`I-${kind}`, start, start + length);
        tags[start] = `B-${kind}`;
        start += length - 1;
        break;
      }
    }
    return tags;
  });
}

function countKinds(train: readonly TaggedSentence[]): Map<string, Map<string, number>> {
  const kinds = new Map<string, Map<string, number>>();
  for (const { words, tags } of train) {
    for (const { type, start, end } of entitySpans(tags)) {
      const name = words.slice(start, end).join(' ');
      const counts = kinds.get(name) ?? new Map<string, number>();
      counts.set(type, (counts.get(type) ?? 0) + 1);
      kinds.set(name, counts);
    }
  }
  return kinds;
}

function commonest(counts: ReadonlyMap<string, number> = new Map()): string | undefined {
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}
