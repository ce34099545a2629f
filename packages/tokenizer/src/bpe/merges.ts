/** The merges of a BPE model: as a file writes them, and as the table that encoding reads. */
import { formatError } from '../io/json-fields.ts';
import type { Vocabulary } from '../vocabulary.ts';
import { MergeTable } from './merge-table.ts';

export type Merge = readonly [left: string, right: string];

/** @param continuingSubwordPrefix what a right part begins with and its merged token does not repeat */
export function buildMergeTable(
  vocabulary: Vocabulary,
  merges: readonly Merge[],
  continuingSubwordPrefix = '',
): MergeTable {
  const table = new MergeTable(merges.length);
  const { ids, tokens } = vocabulary;
  const prefixLength = continuingSubwordPrefix.length;
  let guess = 0;
  for (let rank = 0; rank < merges.length; rank++) {
    const [left, right] = merges[rank] as Merge;
    const tail = prefixLength > 0 ? right.slice(prefixLength) : right;
    const leftId = ids.get(left);
    const rightId = ids.get(right);
    // Merged tokens mostly have consecutive ids; then no string need be made and hashed.
    const merged = spells(tokens[guess], left, tail) ? guess : ids.get(left + tail);
    if (leftId === undefined || rightId === undefined || merged === undefined) {
      throw formatError(`model.merges[${rank}]`, 'tokens of the vocabulary', `${left} ${right}`);
    }
    table.add(leftId, rightId, rank, merged);
    guess = merged + 1;
  }
  return table;
}

function spells(token: string | undefined, left: string, right: string): boolean {
  return (
    token !== undefined &&
    token.length === left.length + right.length &&
    token.startsWith(left) &&
    token.endsWith(right)
  );
}

/** Merges as pairs, or in the older form `"left right"`. */
export function parseMerges(json: unknown, path: string): Merge[] {
  if (!Array.isArray(json)) throw formatError(path, 'an array', json);
  return json.map((merge: unknown, i): Merge => {
    if (typeof merge === 'string') {
      const blank = merge.indexOf(' ');
      if (blank > 0 && merge.indexOf(' ', blank + 1) < 0) {
        return [merge.slice(0, blank), merge.slice(blank + 1)];
      }
    } else if (Array.isArray(merge) && merge.length === 2) {
      const pair = merge as unknown[];
      if (typeof pair[0] === 'string' && typeof pair[1] === 'string')
        return merge as unknown as Merge;
    }
    throw formatError(`${path}[${i}]`, 'two tokens', merge);
  });
}
