/**
 * Candidates for the next merge, best first: the higher count, then the smaller left id, then the smaller right id.
 * Counts go stale while a candidate waits; the trainer corrects it when it comes up and puts it back.
 */
import type { PairCounts } from './pair-counts.ts';

export interface Candidate {
  readonly pair: number;
  count: number;
  /** First node of the list of places that it was queued with; see `place-lists.ts`. */
  readonly places: number;
}

export class MergeQueue {
  readonly #pairs: PairCounts;
  readonly #heap: Candidate[] = [];

  constructor(pairs: PairCounts) {
    this.#pairs = pairs;
  }

  push(candidate: Candidate): void {
    const heap = this.#heap;
    let i = heap.length;
    heap.push(candidate);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      const above = heap[parent] as Candidate;
      if (!this.#isBefore(candidate, above)) break;
      heap[i] = above;
      i = parent;
    }
    heap[i] = candidate;
  }

  pop(): Candidate | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return top;
    this.#sink(last);
    return top;
  }

  #sink(candidate: Candidate): void {
    const heap = this.#heap;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (
        child + 1 < heap.length &&
        this.#isBefore(heap[child + 1] as Candidate, heap[child] as Candidate)
      )
        child++;
      if (!this.#isBefore(heap[child] as Candidate, candidate)) break;
      heap[i] = heap[child] as Candidate;
      i = child;
    }
    heap[i] = candidate;
  }

  #isBefore(a: Candidate, b: Candidate): boolean {
    if (a.count !== b.count) return a.count > b.count;
    const { left, right } = this.#pairs;
    const aLeft = left[a.pair] as number;
    const bLeft = left[b.pair] as number;
    return aLeft !== bLeft ? aLeft < bLeft : (right[a.pair] as number) < (right[b.pair] as number);
  }
}
