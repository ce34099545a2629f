/** Joins what several threads counted, in the order in which one thread would have met the pieces. */
import { ByteKeyTable } from '../bpe/byte-key-table.ts';
import type { CountedBytes, CountedPieces } from './text-counter.ts';

/**
 * Visits all entries of all lists by batch, and within one batch in their order. A batch is counted by one thread, so
 * the first coming of a piece is visited before its others.
 */
function inOrder(
  lists: readonly { readonly batches: Int32Array }[],
  visit: (list: number, entry: number) => void,
): void {
  const next = lists.map(() => 0);
  const batchOf = (list: number): number =>
    lists[list]?.batches[next[list] as number] ?? Number.POSITIVE_INFINITY;
  for (;;) {
    let first = 0;
    for (let list = 1; list < lists.length; list++)
      if (batchOf(list) < batchOf(first)) first = list;
    const batch = batchOf(first);
    if (batch === Number.POSITIVE_INFINITY) return;
    while (batchOf(first) === batch) {
      visit(first, next[first] as number);
      next[first] = (next[first] as number) + 1;
    }
  }
}

export function joinPieces(lists: readonly CountedPieces[]): CountedPieces {
  const [only] = lists;
  if (lists.length === 1) return only as CountedPieces;
  const counts = new Map<string, number>();
  inOrder(lists, (list, entry) => {
    const from = lists[list] as CountedPieces;
    const piece = from.pieces[entry] as string;
    counts.set(piece, (counts.get(piece) ?? 0) + (from.counts[entry] as number));
  });
  const pieces = [...counts.keys()];
  return {
    pieces,
    counts: Float64Array.from(counts.values()),
    batches: new Int32Array(pieces.length),
  };
}

export function joinBytes(lists: readonly CountedBytes[]): CountedBytes {
  const [only] = lists;
  if (lists.length === 1) return only as CountedBytes;
  const table = new ByteKeyTable(1 << 14);
  const most = lists.reduce((sum, { counts }) => sum + counts.length, 0);
  const bytes = new Uint8Array(lists.reduce((sum, list) => sum + list.bytes.length, 0));
  const starts = new Int32Array(most + 1);
  const counts = new Float64Array(most);
  const padded = lists.map(withPadding);
  let size = 0;
  inOrder(lists, (list, entry) => {
    const from = lists[list] as CountedBytes;
    const source = padded[list] as Padded;
    const start = from.starts[entry] as number;
    const length = (from.starts[entry + 1] as number) - start;
    const count = from.counts[entry] as number;
    const offset = table.locate(source.view, source.bytes, start, length);
    if (!table.isEmpty(offset)) {
      const word = table.value(offset);
      counts[word] = (counts[word] as number) + count;
      return;
    }
    table.insert(offset, source.view, source.bytes, start, length, size);
    const end = starts[size] as number;
    bytes.set(source.bytes.subarray(start, start + length), end);
    counts[size] = count;
    starts[++size] = end + length;
  });
  return {
    bytes: bytes.subarray(0, starts[size]),
    starts: starts.subarray(0, size + 1),
    counts: counts.subarray(0, size),
    batches: new Int32Array(size),
  };
}

interface Padded {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** The table reads keys eight bytes at a time. */
function withPadding({ bytes }: CountedBytes): Padded {
  const padded = new Uint8Array(bytes.length + 8);
  padded.set(bytes);
  return { bytes: padded, view: new DataView(padded.buffer) };
}
