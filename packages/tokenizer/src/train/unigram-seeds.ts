/**
 * The first vocabulary of Unigram training (Kudo 2018, section 3.2): all characters, and the substrings that occur at
 * least twice and are followed by different characters, scored by frequency times length. Found by sorting the
 * suffixes of all words: equal substrings are neighbours, and each branching of the suffix tree is one such substring.
 */

export interface SeedOptions {
  /** Substrings kept, characters not counted. */
  readonly seedSize: number;
  /** In characters. */
  readonly maxPieceLength: number;
}

export interface Seed {
  readonly piece: string;
  readonly score: number;
}

/** Every word is followed by −1, its own end mark. */
const END = -1;

/** Scores are counts: of characters in the corpus, and for substrings of their places in the different words. */
export function seedPieces(counts: ReadonlyMap<string, number>, options: SeedOptions): Seed[] {
  const characters = new Map<string, number>();
  const text: number[] = [];
  for (const [word, count] of counts) {
    for (const character of word) {
      characters.set(character, (characters.get(character) ?? 0) + count);
      text.push(character.codePointAt(0) as number);
    }
    text.push(END);
  }
  const single = [...characters].map(([piece, score]) => ({ piece, score }));
  single.sort((a, b) => b.score - a.score || (a.piece < b.piece ? -1 : 1));
  return [...single, ...substrings(Int32Array.from(text), options)];
}

function substrings(text: Int32Array, { seedSize, maxPieceLength }: SeedOptions): Seed[] {
  const found: { start: number; length: number; score: number }[] = [];
  forEachBranching(text, maxPieceLength, (start, length, frequency) => {
    if (length > 1) found.push({ start, length, score: frequency * length });
  });
  found.sort((a, b) => b.score - a.score || a.start - b.start || b.length - a.length);
  return found.slice(0, seedSize).map(({ start, length, score }) => ({
    piece: String.fromCodePoint(...text.subarray(start, start + length)),
    score,
  }));
}

/** Visits each repeated substring that goes on differently, with its frequency. */
function forEachBranching(
  text: Int32Array,
  maxLength: number,
  visit: (start: number, length: number, frequency: number) => void,
): void {
  const suffixes = sortSuffixes(text, maxLength + 1);
  /** Open intervals of suffixes that share a prefix: its length, and where the interval begins. */
  const open: { length: number; first: number }[] = [];
  for (let i = 1; i <= suffixes.length; i++) {
    const shared =
      i === suffixes.length
        ? 0
        : sharedLength(text, suffixes[i - 1] as number, suffixes[i] as number, maxLength + 1);
    let first = i - 1;
    for (let top = open.at(-1); top !== undefined && top.length > shared; top = open.at(-1)) {
      open.pop();
      first = top.first;
      if (top.length <= maxLength) visit(suffixes[first] as number, top.length, i - first);
    }
    if (shared > 0 && (open.at(-1)?.length ?? 0) < shared) open.push({ length: shared, first });
  }
}

/** Places in the order of what follows them, as far as `depth` characters and the end of the word. */
function sortSuffixes(text: Int32Array, depth: number): Int32Array {
  const places = new Int32Array(text.length);
  let count = 0;
  for (let i = 0; i < text.length; i++) if (text[i] !== END) places[count++] = i;
  return places.subarray(0, count).sort((a, b) => compareSuffixes(text, a, b, depth));
}

function compareSuffixes(text: Int32Array, a: number, b: number, depth: number): number {
  for (let i = 0; i < depth; i++) {
    const difference = (text[a + i] as number) - (text[b + i] as number);
    if (difference !== 0) return difference;
    if (text[a + i] === END) break;
  }
  return a - b;
}

/** An end mark is equal to no other. */
function sharedLength(text: Int32Array, a: number, b: number, limit: number): number {
  let length = 0;
  while (length < limit && text[a + length] === text[b + length] && text[a + length] !== END) {
    length++;
  }
  return length;
}
