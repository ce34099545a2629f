/** Where the tokens of a piece stand in it: merging only joins neighbours, so counting their first symbols is enough. */
import type { TokenSpans } from '../model.ts';
import type { Vocabulary } from '../vocabulary.ts';
import type { MergeTable } from './merge-table.ts';

/** The UTF-16 units that each first symbol stands for. */
export class SymbolPlaces {
  readonly starts: number[] = [];
  readonly ends: number[] = [];

  push(start: number, end: number): void {
    this.starts.push(start);
    this.ends.push(end);
  }

  /** The last symbol takes in what follows up to `end`. */
  extend(end: number): void {
    this.ends[this.ends.length - 1] = end;
  }
}

/** How many first symbols each token is made of; 1 for those that no merge makes. @param prefix What `##` is to WordPiece. */
export function symbolsPerToken(
  vocabulary: Vocabulary,
  table: MergeTable,
  prefix = '',
): Int32Array {
  const counts = new Int32Array(vocabulary.size).fill(1);
  const { list, rankCount, isOrdered } = table;
  const ranks = Array.from({ length: rankCount }, (_, rank) => rank);
  for (const rank of isOrdered ? ranks : shortestFirst(ranks, vocabulary, table, prefix)) {
    const left = counts[list[rank * 3] as number] as number;
    counts[table.mergedOf(rank)] = left + (counts[list[rank * 3 + 1] as number] as number);
  }
  return counts;
}

/** In a trained list a merge comes after those that make its parts. In others parts are still shorter than the whole. */
function shortestFirst(
  ranks: readonly number[],
  vocabulary: Vocabulary,
  table: MergeTable,
  prefix: string,
): number[] {
  const own = ranks.map((rank) => {
    const token = vocabulary.tokenAt(table.mergedOf(rank)) as string;
    return token.length - (token.startsWith(prefix) ? prefix.length : 0);
  });
  return [...ranks].sort((a, b) => (own[a] as number) - (own[b] as number));
}

export function spansOfSymbols(
  symbols: Int32Array,
  counts: Int32Array,
  places: SymbolPlaces,
  output: TokenSpans,
): void {
  let place = 0;
  for (const id of symbols) {
    const next = Math.min(place + (counts[id] as number), places.ends.length);
    output.push(id, places.starts[place] ?? 0, places.ends[next - 1] ?? 0);
    place = next;
  }
}
