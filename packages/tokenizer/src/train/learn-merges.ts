/**
 * BPE training (Sennrich, Haddow, Birch 2016, algorithm 1): merge the most frequent adjacent pair of symbols, again and
 * again. Merge for merge as the Rust library's BpeTrainer: equal counts go to the smaller pair of ids, and a candidate
 * touches only the words that it was queued with. Each merge updates only the pairs beside it.
 */
import { LongWords } from './long-words.ts';
import { MergeQueue } from './merge-queue.ts';
import { PairCounts } from './pair-counts.ts';
import { PlaceLists, WHOLE_WORD } from './place-lists.ts';

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
  /** Tokens that go on inside a word begin with it; a merged token has it only once, at its start. */
  readonly continuingPrefix?: string;
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
  readonly #long: LongWords;
  readonly #tokens: string[];
  readonly #options: LearnOptions;
  readonly #ids: Map<string, number>;
  /** How many initial symbols each token has. */
  readonly #sizes: number[];
  readonly #pairs = new PairCounts();
  readonly #queue = new MergeQueue(this.#pairs);
  readonly #places = new PlaceLists();

  constructor(words: Words, tokens: string[], options: LearnOptions) {
    this.#words = words;
    this.#long = new LongWords(words);
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
      this.#mergePlaces(top.places, left, right, this.#tokenFor(left, right));
      this.#queueTouched();
      this.#options.onMerge?.(this.#tokens.length);
    }
    return merges;
  }

  #countPairs(): void {
    const { symbols, starts, lengths, counts } = this.#words;
    for (let word = 0; word < lengths.length; word++) {
      const count = counts[word] as number;
      const start = starts[word] as number;
      const end = start + (lengths[word] as number);
      const isLong = this.#long.has(word);
      for (let i = start; i + 1 < end; i++) {
        const position = isLong ? i : WHOLE_WORD;
        this.#gain(symbols[i] as number, symbols[i + 1] as number, count, word, position);
      }
    }
  }

  /** More of a pair, at a place that joins the pair's list. */
  #gain(left: number, right: number, count: number, word: number, position: number): void {
    const pair = this.#pairs.add(left, right, count);
    this.#places.add(pair, word, position);
  }

  /** Queues the pairs that the last round made or made more frequent. */
  #queueTouched(): void {
    this.#places.finish((pair, places) => {
      const count = this.#pairs.count[pair] as number;
      if (count > 0) this.#queue.push({ pair, count, places });
    });
  }

  /** The id of the merged token: a new one, unless two different pairs spell the same token. */
  #tokenFor(left: number, right: number): number {
    const { continuingPrefix: prefix = '' } = this.#options;
    const tail = this.#tokens[right] as string;
    const token =
      (this.#tokens[left] as string) + (tail.startsWith(prefix) ? tail.slice(prefix.length) : tail);
    const known = this.#ids.get(token);
    const id = known ?? this.#tokens.push(token) - 1;
    this.#ids.set(token, id);
    this.#sizes[id] = (this.#sizes[left] as number) + (this.#sizes[right] as number);
    return id;
  }

  #mergePlaces(places: number, left: number, right: number, merged: number): void {
    for (let node = places; node >= 0; node = this.#places.next(node)) {
      const word = this.#places.wordOf(node);
      const position = this.#places.positionOf(node);
      if (position === WHOLE_WORD) this.#mergeWord(word, left, right, merged);
      else this.#mergeAt(word, position, left, right, merged);
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
        this.#pairs.add(before, left, -count);
        if (this.#fits(before, merged)) this.#gain(before, merged, count, word, WHOLE_WORD);
      }
      read += 2;
      if (read < end) {
        const after = symbols[read] as number;
        this.#pairs.add(right, after, -count);
        if (this.#fits(merged, after)) this.#gain(merged, after, count, word, WHOLE_WORD);
      }
      symbols[write++] = merged;
    }
    lengths[word] = write - start;
  }

  /** The same at one position of a long word. */
  #mergeAt(word: number, position: number, left: number, right: number, merged: number): void {
    if (!this.#long.merge(position, left, right, merged)) return;
    const { symbols } = this.#words;
    const count = this.#words.counts[word] as number;
    const before = this.#long.before(position);
    if (before >= 0) {
      const symbol = symbols[before] as number;
      this.#pairs.add(symbol, left, -count);
      if (this.#fits(symbol, merged)) this.#gain(symbol, merged, count, word, before);
    }
    const after = this.#long.after(position);
    if (after >= 0) {
      const symbol = symbols[after] as number;
      this.#pairs.add(right, symbol, -count);
      if (this.#fits(merged, symbol)) this.#gain(merged, symbol, count, word, position);
    }
  }

  #fits(left: number, right: number): boolean {
    return (
      (this.#sizes[left] as number) + (this.#sizes[right] as number) < this.#options.maxTokenLength
    );
  }
}
