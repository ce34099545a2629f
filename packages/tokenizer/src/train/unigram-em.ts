/**
 * One round of expectation maximisation for Unigram (Kudo 2018, section 3.2): how often each piece is expected over all
 * ways to write the corpus, then scores from those counts. In log space throughout.
 */
import type { PieceTrie } from '../unigram/piece-trie.ts';

/** Different words with their counts. */
export interface CountedWords {
  readonly texts: readonly string[];
  readonly counts: Float64Array;
}

export interface Expectation {
  /** Expected count of each piece. */
  readonly counts: Float64Array;
  /** Log-likelihood of the corpus: the sum over its words of the log of all their ways together. */
  readonly logLikelihood: number;
}

export function expectCounts(
  words: CountedWords,
  trie: PieceTrie,
  scores: Float64Array,
  unkScore: number,
): Expectation {
  const expected = new Float64Array(scores.length);
  const lattice = new WordLattice(trie, scores, unkScore);
  let logLikelihood = 0;
  words.texts.forEach((text, i) => {
    const count = words.counts[i] as number;
    logLikelihood += count * lattice.addMarginals(text, count, expected);
  });
  return { counts: expected, logLikelihood };
}

/** The edges of one word's lattice in flat arrays, reused from word to word. */
class WordLattice {
  readonly #trie: PieceTrie;
  readonly #scores: Float64Array;
  readonly #unkScore: number;
  #edgeStart = new Int32Array(1024);
  #edgeEnd = new Int32Array(1024);
  #edgeId = new Int32Array(1024);
  #edges = 0;
  #forward = new Float64Array(64);
  #backward = new Float64Array(64);

  constructor(trie: PieceTrie, scores: Float64Array, unkScore: number) {
    this.#trie = trie;
    this.#scores = scores;
    this.#unkScore = unkScore;
  }

  /** Adds `weight` times the probability of each piece in `text`; returns the log of the sum over all ways. */
  addMarginals(text: string, weight: number, expected: Float64Array): number {
    this.#findEdges(text);
    const length = text.length;
    if (length >= this.#forward.length) {
      this.#forward = new Float64Array(length * 2);
      this.#backward = new Float64Array(length * 2);
    }
    const forward = this.#forward.fill(Number.NEGATIVE_INFINITY, 0, length + 1);
    const backward = this.#backward.fill(Number.NEGATIVE_INFINITY, 0, length + 1);
    forward[0] = 0;
    backward[length] = 0;
    // Edges are in the order of their starts, so what an edge starts from is complete when it comes.
    for (let i = 0; i < this.#edges; i++) {
      const [start, end] = [this.#edgeStart[i] as number, this.#edgeEnd[i] as number];
      forward[end] = logAdd(forward[end] as number, (forward[start] as number) + this.#score(i));
    }
    for (let i = this.#edges - 1; i >= 0; i--) {
      const [start, end] = [this.#edgeStart[i] as number, this.#edgeEnd[i] as number];
      backward[start] = logAdd(
        backward[start] as number,
        (backward[end] as number) + this.#score(i),
      );
    }
    const total = forward[length] as number;
    for (let i = 0; i < this.#edges; i++) {
      const id = this.#edgeId[i] as number;
      if (id < 0) continue;
      const before = forward[this.#edgeStart[i] as number] as number;
      const after = backward[this.#edgeEnd[i] as number] as number;
      const share = Math.exp(before + this.#score(i) + after - total);
      expected[id] = (expected[id] as number) + weight * share;
    }
    return total;
  }

  #score(edge: number): number {
    const id = this.#edgeId[edge] as number;
    return id < 0 ? this.#unkScore : (this.#scores[id] as number);
  }

  #findEdges(text: string): void {
    const trie = this.#trie;
    this.#edges = 0;
    for (let start = 0; start < text.length;) {
      const characterEnd = start + ((text.codePointAt(start) as number) > 0xffff ? 2 : 1);
      let hasSingle = false;
      let node = 0;
      for (let end = start + 1; end <= text.length; end++) {
        node = trie.child(node, text.charCodeAt(end - 1));
        if (node < 0) break;
        const id = trie.idAt(node);
        if (id < 0) continue;
        this.#addEdge(start, end, id);
        hasSingle ||= end === characterEnd;
      }
      if (!hasSingle) this.#addEdge(start, characterEnd, -1);
      start = characterEnd;
    }
  }

  #addEdge(start: number, end: number, id: number): void {
    if (this.#edges === this.#edgeId.length) {
      this.#edgeStart = doubled(this.#edgeStart);
      this.#edgeEnd = doubled(this.#edgeEnd);
      this.#edgeId = doubled(this.#edgeId);
    }
    this.#edgeStart[this.#edges] = start;
    this.#edgeEnd[this.#edges] = end;
    this.#edgeId[this.#edges++] = id;
  }
}

function doubled(array: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}

/** log(eᵃ + eᵇ) */
function logAdd(a: number, b: number): number {
  const high = a > b ? a : b;
  const difference = a > b ? b - a : a - b;
  // e⁻⁴⁰ is below the precision of 1. −∞ − −∞ is NaN, which fails the comparison too.
  return difference > -40 ? high + Math.log1p(Math.exp(difference)) : high;
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
