/**
 * BPE training (Sennrich, Haddow, Birch 2016, algorithm 1): merge the most frequent adjacent pair of symbols, again and
 * again. Merge for merge as the Rust library's BpeTrainer: equal counts go to the smaller pair of ids, and a candidate
 * touches only the words that it was queued with. Each merge updates only the pairs beside it.
 */
import { MergeQueue } from './merge-queue.ts';
import { grown, PairCounts } from './pair-counts.ts';

/** Different words as symbol ids: word i is `symbols[starts[i] .. starts[i] + lengths[i])`, seen `counts[i]` times. */
export interface Words {
  readonly symbols: Int32Array;
  readonly starts: ArrayLike<number>;
  readonly lengths: Int32Array;
  readonly counts: ArrayLike<number>;
}

export interface LearnOptions {
  readonly vocabSize: number;
  /** Rarer pairs are not merged. */
  readonly minFrequency: number;
  /** Pairs whose token would have this many initial symbols or more are not merged. */
  readonly maxTokenLength: number;
  /** Called after each merge with the number of tokens. */
  readonly onMerge?: ((vocabSize: number) => void) | undefined;
}

/** `tokens` (by id) begins with specials and alphabet and grows by the merged ones. Returns the merges as id pairs. */
export function learnMerges(
  words: Words,
  tokens: string[],
  options: LearnOptions,
): [number, number][] {
  return new Learner(words, tokens, options).run();
}

class Learner {
  readonly #words: Words;
  readonly #tokens: string[];
  readonly #options: LearnOptions;
  readonly #ids: Map<string, number>;
  /** How many initial symbols each token has. */
  readonly #sizes: number[];
  readonly #pairs = new PairCounts();
  readonly #queue = new MergeQueue(this.#pairs);
  /** Lists of words, as nodes (word, next node or −1); `#pending[pair]` is the list that is being built, or −1. */
  #nodeWord = new Int32Array(1 << 12);
  #nodeNext = new Int32Array(1 << 12);
  #nodes = 0;
  #pending = new Int32Array(1 << 12).fill(-1);
  #touched: number[] = [];

  constructor(words: Words, tokens: string[], options: LearnOptions) {
    this.#words = words;
    this.#tokens = tokens;
    this.#options = options;
    this.#ids = new Map(tokens.map((token, id) => [token, id]));
    this.#sizes = tokens.map(() => 1);
  }

  run(): [number, number][] {
    this.#countPairs();
    this.#queueTouched();
    const merges: [number, number][] = [];
    while (this.#tokens.length < this.#options.vocabSize) {
      const top = this.#queue.pop();
      if (top === undefined) break;
      const count = this.#pairs.count[top.pair] as number;
      if (top.count !== count) {
        top.count = count;
        this.#queue.push(top);
        continue;
      }
      if (count < 1 || count < this.#options.minFrequency) break;
      const left = this.#pairs.left[top.pair] as number;
      const right = this.#pairs.right[top.pair] as number;
      merges.push([left, right]);
      this.#mergeWords(top.words, left, right, this.#tokenFor(left, right));
      this.#queueTouched();
      this.#options.onMerge?.(this.#tokens.length);
    }
    return merges;
  }

  #countPairs(): void {
    const { symbols, starts, lengths, counts } = this.#words;
    for (let word = 0; word < lengths.length; word++) {
      const start = starts[word] as number;
      const end = start + (lengths[word] as number);
      for (let i = start; i + 1 < end; i++) {
        this.#change(symbols[i] as number, symbols[i + 1] as number, counts[word] as number, word);
      }
    }
  }

  /** Adds to a pair's count; a word that gains the pair joins its list. */
  #change(left: number, right: number, by: number, word: number): void {
    const pair = this.#pairs.index(left, right);
    const counts = this.#pairs.count;
    counts[pair] = (counts[pair] as number) + by;
    if (by <= 0) return;
    if (pair >= this.#pending.length) this.#growPending(pair);
    const head = this.#pending[pair] as number;
    if (head < 0) this.#touched.push(pair);
    else if (this.#nodeWord[head] === word) return;
    const node = this.#nodes++;
    this.#nodeWord = grown(this.#nodeWord, node);
    this.#nodeNext = grown(this.#nodeNext, node);
    this.#nodeWord[node] = word;
    this.#nodeNext[node] = head;
    this.#pending[pair] = node;
  }

  #growPending(pair: number): void {
    const length = this.#pending.length;
    this.#pending = grown(this.#pending, pair);
    this.#pending.fill(-1, length);
  }

  /** Queues the pairs that the last round made or made more frequent. */
  #queueTouched(): void {
    for (const pair of this.#touched) {
      const count = this.#pairs.count[pair] as number;
      if (count > 0) this.#queue.push({ pair, count, words: this.#pending[pair] as number });
      this.#pending[pair] = -1;
    }
    this.#touched = [];
  }

  /** The id of the merged token: a new one, unless two different pairs spell the same token. */
  #tokenFor(left: number, right: number): number {
    const token = (this.#tokens[left] as string) + (this.#tokens[right] as string);
    const known = this.#ids.get(token);
    const id = known ?? this.#tokens.push(token) - 1;
    this.#ids.set(token, id);
    this.#sizes[id] = (this.#sizes[left] as number) + (this.#sizes[right] as number);
    return id;
  }

  #mergeWords(head: number, left: number, right: number, merged: number): void {
    for (let node = head; node >= 0; node = this.#nodeNext[node] as number) {
      this.#mergeWord(this.#nodeWord[node] as number, left, right, merged);
    }
  }

  /** Replaces left, right by merged from left to right, in place; the pairs at each place's borders change. */
  #mergeWord(word: number, left: number, right: number, merged: number): void {
    const { symbols, starts, lengths } = this.#words;
    const count = this.#words.counts[word] as number;
    const start = starts[word] as number;
    const end = start + (lengths[word] as number);
    let write = start;
    let read = start;
    while (read < end) {
      if (symbols[read] !== left || read + 1 >= end || symbols[read + 1] !== right) {
        symbols[write++] = symbols[read++] as number;
        continue;
      }
      if (write > start) {
        const before = symbols[write - 1] as number;
        this.#change(before, left, -count, word);
        if (this.#fits(before, merged)) this.#change(before, merged, count, word);
      }
      read += 2;
      if (read < end) {
        const after = symbols[read] as number;
        this.#change(right, after, -count, word);
        if (this.#fits(merged, after)) this.#change(merged, after, count, word);
      }
      symbols[write++] = merged;
    }
    lengths[word] = write - start;
  }

  #fits(left: number, right: number): boolean {
    return (
      (this.#sizes[left] as number) + (this.#sizes[right] as number) < this.#options.maxTokenLength
    );
  }
}
