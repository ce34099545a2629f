/**
 * The forward–backward algorithm and the best path on one word's lattice. Sums of products of probabilities; where
 * those come near the smallest numbers (long words), the same with logs.
 */
import type { WordEdges } from './word-edges.ts';
import { UNKNOWN } from './word-edges.ts';

/** Below this a product may have lost digits to underflow. */
const SMALLEST = 1e-250;

/** The log probability of each piece and of an unknown character, and the probabilities. */
export class ScoreTable {
  readonly scores: Float64Array;
  readonly unkScore: number;
  readonly probabilities: Float64Array;
  readonly unkProbability: number;

  constructor(scores: Float64Array, unkScore: number) {
    this.scores = scores;
    this.unkScore = unkScore;
    this.probabilities = scores.map(Math.exp);
    this.unkProbability = Math.exp(unkScore);
  }
}

export class WordLattice {
  readonly #edges: WordEdges;
  readonly #table: ScoreTable;
  #forward = new Float64Array(64);
  #backward = new Float64Array(64);
  #bestEdge = new Int32Array(64);

  constructor(edges: WordEdges, table: ScoreTable) {
    this.#edges = edges;
    this.#table = table;
  }

  #reserve(length: number): void {
    if (length < this.#forward.length) return;
    this.#forward = new Float64Array(length * 2);
    this.#backward = new Float64Array(length * 2);
    this.#bestEdge = new Int32Array(length * 2);
  }

  /** Adds `weight` times the probability of each piece in a word; returns the log of the sum over all ways. */
  addMarginals(word: number, weight: number, expected: Float64Array): number {
    const length = this.#edges.sizes[word] as number;
    this.#reserve(length);
    const total = this.#sumWays(word, length);
    if (!(total > SMALLEST)) return this.#addInLogs(word, length, weight, expected);
    const { firsts, starts, ends, ids } = this.#edges;
    const [forward, backward] = [this.#forward, this.#backward];
    const { probabilities, unkProbability } = this.#table;
    backward.fill(0, 0, length);
    backward[length] = weight / total;
    // Edges are in the order of their starts, so what an edge ends in is complete when it comes.
    const first = firsts[word] as number;
    for (let i = (firsts[word + 1] as number) - 1; i >= first; i--) {
      const id = ids[i] as number;
      const start = starts[i] as number;
      const probability = id < 0 ? unkProbability : (probabilities[id] as number);
      const after = probability * (backward[ends[i] as number] as number);
      backward[start] = (backward[start] as number) + after;
      if (id >= 0) expected[id] = (expected[id] as number) + (forward[start] as number) * after;
    }
    return Math.log(total);
  }

  /** The sum over all ways to write the word, and all its beginnings on the way. */
  #sumWays(word: number, length: number): number {
    const { firsts, starts, ends, ids } = this.#edges;
    const { probabilities, unkProbability } = this.#table;
    const forward = this.#forward.fill(0, 0, length + 1);
    forward[0] = 1;
    const last = firsts[word + 1] as number;
    for (let i = firsts[word] as number; i < last; i++) {
      const id = ids[i] as number;
      const end = ends[i] as number;
      const probability = id < 0 ? unkProbability : (probabilities[id] as number);
      forward[end] =
        (forward[end] as number) + (forward[starts[i] as number] as number) * probability;
    }
    return forward[length] as number;
  }

  #addInLogs(word: number, length: number, weight: number, expected: Float64Array): number {
    const { firsts, starts, ends, ids } = this.#edges;
    const forward = this.#forward.fill(Number.NEGATIVE_INFINITY, 0, length + 1);
    const backward = this.#backward.fill(Number.NEGATIVE_INFINITY, 0, length + 1);
    const [first, last] = [firsts[word] as number, firsts[word + 1] as number];
    forward[0] = 0;
    backward[length] = 0;
    for (let i = first; i < last; i++) {
      const [start, end] = [starts[i] as number, ends[i] as number];
      forward[end] = logAdd(forward[end] as number, (forward[start] as number) + this.#score(i));
    }
    for (let i = last - 1; i >= first; i--) {
      const [start, end] = [starts[i] as number, ends[i] as number];
      const after = (backward[end] as number) + this.#score(i);
      backward[start] = logAdd(backward[start] as number, after);
    }
    const total = forward[length] as number;
    for (let i = first; i < last; i++) {
      const id = ids[i] as number;
      if (id < 0) continue;
      const before = forward[starts[i] as number] as number;
      const after = backward[ends[i] as number] as number;
      const share = Math.exp(before + this.#score(i) + after - total);
      expected[id] = (expected[id] as number) + weight * share;
    }
    return total;
  }

  #score(edge: number): number {
    const id = this.#edges.ids[edge] as number;
    return id < 0 ? this.#table.unkScore : (this.#table.scores[id] as number);
  }

  /** Visits the pieces of the most probable way to write a word, last first; UNKNOWN for a character that is none. */
  forEachBest(word: number, visit: (id: number) => void): void {
    const { firsts, starts, ends, ids, sizes } = this.#edges;
    const length = sizes[word] as number;
    this.#reserve(length);
    const best = this.#forward.fill(Number.NEGATIVE_INFINITY, 0, length + 1);
    const bestEdge = this.#bestEdge;
    best[0] = 0;
    for (let i = firsts[word] as number; i < (firsts[word + 1] as number); i++) {
      const end = ends[i] as number;
      const score = (best[starts[i] as number] as number) + this.#score(i);
      if (score <= (best[end] as number)) continue;
      best[end] = score;
      bestEdge[end] = i;
    }
    for (let end = length; end > 0;) {
      const edge = bestEdge[end] as number;
      visit((ids[edge] as number) < 0 ? UNKNOWN : (ids[edge] as number));
      end = starts[edge] as number;
    }
  }
}

/** log(eᵃ + eᵇ) */
function logAdd(a: number, b: number): number {
  const high = a > b ? a : b;
  const difference = a > b ? b - a : a - b;
  // e⁻⁴⁰ is below the precision of 1. −∞ − −∞ is NaN, which fails the comparison too.
  return difference > -40 ? high + Math.log1p(Math.exp(difference)) : high;
}
