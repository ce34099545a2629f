/**
 * One round of expectation maximisation for Unigram (Kudo 2018, section 3.2): how often each piece is expected over all
 * ways to write the corpus. The words are dealt into a fixed number of shards whose counts are added in their order, so
 * that the sums are the same bits on any number of threads.
 */
import { PieceTrie } from '../unigram/piece-trie.ts';
import { WordEdges } from './word-edges.ts';
import { ScoreTable, WordLattice } from './word-lattice.ts';

/** Different words with their counts. */
export interface CountedWords {
  readonly texts: readonly string[];
  readonly counts: Float64Array;
}

/** Pieces with their log probabilities, by id. */
export interface WeighedPieces {
  readonly pieces: readonly string[];
  readonly scores: Float64Array;
}

export interface Expectation {
  /** Expected count of each piece. */
  readonly counts: Float64Array;
  /** Log-likelihood of the corpus: the sum over its words of the log of all their ways together. */
  readonly logLikelihood: number;
}

/** How often each piece stands in the best writing of each word, repeats counted; the last entry is for unknowns. */
export type Usage = Float64Array;

export const SHARDS = 8;

/** The words of one shard: every eighth, so that all have long and short, common and rare ones. */
export function shardOf({ texts, counts }: CountedWords, shard: number): CountedWords {
  return {
    texts: texts.filter((_, i) => i % SHARDS === shard),
    counts: counts.filter((_, i) => i % SHARDS === shard),
  };
}

/** The pieces that are left, by their old ids; undefined: all, as before. */
export type Kept = Int32Array | undefined;

/** The rounds on the shards that one thread has; an answer for each of them. */
export class ShardRounds {
  readonly #shards: readonly { readonly edges: WordEdges; readonly counts: Float64Array }[];
  /** By piece: 1 for a single character. */
  #isCharacter: Uint8Array;

  constructor(shards: readonly CountedWords[], pieces: readonly string[]) {
    const trie = new PieceTrie(pieces);
    this.#shards = shards.map(({ texts, counts }) => ({
      edges: new WordEdges(texts, trie),
      counts,
    }));
    this.#isCharacter = Uint8Array.from(pieces, (piece) => (isOneCharacter(piece) ? 1 : 0));
  }

  #keep(kept: Kept): void {
    if (kept === undefined) return;
    const newIds = new Int32Array(this.#isCharacter.length).fill(-1);
    kept.forEach((old, id) => (newIds[old] = id));
    for (const { edges } of this.#shards) edges.renumber(newIds, this.#isCharacter);
    this.#isCharacter = Uint8Array.from(kept, (old) => this.#isCharacter[old] as number);
  }

  expect(kept: Kept, scores: Float64Array, unkScore: number): Expectation[] {
    this.#keep(kept);
    const table = new ScoreTable(scores, unkScore);
    return this.#shards.map((shard) => {
      const counts = new Float64Array(scores.length);
      const lattice = new WordLattice(shard.edges, table);
      let logLikelihood = 0;
      shard.counts.forEach((count, word) => {
        logLikelihood += count * lattice.addMarginals(word, count, counts);
      });
      return { counts, logLikelihood };
    });
  }

  usage(kept: Kept, scores: Float64Array, unkScore: number): Usage[] {
    this.#keep(kept);
    const table = new ScoreTable(scores, unkScore);
    return this.#shards.map((shard) => {
      const usage = new Float64Array(scores.length + 1);
      const lattice = new WordLattice(shard.edges, table);
      shard.counts.forEach((count, word) => {
        lattice.forEachBest(word, (id) => {
          const at = id < 0 ? scores.length : id;
          usage[at] = (usage[at] as number) + count;
        });
      });
      return usage;
    });
  }
}

export function isOneCharacter(piece: string): boolean {
  return piece.length === ((piece.codePointAt(0) as number) > 0xffff ? 2 : 1);
}

/** @param shards In the order of the shards. */
export function sumShards(shards: readonly Expectation[]): Expectation {
  return {
    counts: sumArrays(shards.map(({ counts }) => counts)),
    logLikelihood: shards.reduce((sum, shard) => sum + shard.logLikelihood, 0),
  };
}

export function sumArrays([first, ...others]: readonly Float64Array[]): Float64Array {
  const sum = (first as Float64Array).slice();
  for (const other of others)
    for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + (other[i] as number);
  return sum;
}

/** One round on all words, without threads. */
export function expectCounts(
  words: CountedWords,
  { pieces, scores }: WeighedPieces,
  unkScore: number,
): Expectation {
  const shards = Array.from({ length: SHARDS }, (_, shard) => shardOf(words, shard));
  return sumShards(new ShardRounds(shards, pieces).expect(undefined, scores, unkScore));
}

/** ψ(x), the derivative of log Γ: by recurrence up to 7, then the asymptotic series. */
export function digamma(x: number): number {
  let result = 0;
  let at = x;
  for (; at < 7; at++) result -= 1 / at;
  at -= 0.5;
  const inverse = 1 / at;
  const square = inverse * inverse;
  return (
    result +
    Math.log(at) +
    square * (1 / 24 - square * (7 / 960 - square * (31 / 8064 - (square * 127) / 30720)))
  );
}
