// What makes guesses: a smaller model, or the text itself.
import type { Generator } from '@llm/tensor';
import type { CausalLm } from '../../models/causal-lm.ts';
import { argmax, softmax } from '../filters.ts';
import type { LogitsProcessor, RowContext } from '../processors/processor.ts';
import { processRow } from '../processors/processor-list.ts';
import { CachedReader } from './cached-reader.ts';

export interface Guess {
  readonly token: number;
  /** The distribution that it was drawn from; null if it was certain. */
  readonly probabilities: Float64Array | null;
}

export interface Drafter {
  /** Up to `count` guesses of how the row goes on. */
  guess(row: RowContext, count: number): Promise<Guess[]>;
  dispose(): void;
}

/** Prompt look-up (Saxena 2023): what followed the last tokens when they came before. */
export class LookupDrafter implements Drafter {
  readonly #longest: number;

  /** @param longest the most of the last tokens that are looked for; fewer are tried next */
  constructor(longest: number) {
    this.#longest = longest;
  }

  guess({ tokens }: RowContext, count: number): Promise<Guess[]> {
    for (let size = Math.min(this.#longest, tokens.length - 1); size > 0; size--) {
      const found = followerOf(tokens, size);
      if (found < 0) continue;
      const guesses = tokens.slice(found, found + count);
      return Promise.resolve(guesses.map((token) => ({ token, probabilities: null })));
    }
    return Promise.resolve([]);
  }

  dispose(): void {} // holds nothing
}

/** The place after the latest earlier occurrence of the last `size` tokens; −1 if there is none. */
function followerOf(tokens: readonly number[], size: number): number {
  const last = tokens.length - size;
  for (let start = last - 1; start >= 0; start--) {
    let same = 0;
    while (same < size && tokens[start + same] === tokens[last + same]) same++;
    if (same === size) return start + size;
  }
  return -1;
}

/** How a drafting model chooses. */
export interface Choice {
  readonly processors: readonly LogitsProcessor[];
  /** null for greedy guesses. */
  readonly generator: Generator | null;
  /** Whether nothing follows. */
  readonly isEnd: (row: RowContext) => boolean;
}

/** A model of the same vocabulary that is quicker to run. It chooses as the large one would: with the same
 *  processors. */
export class ModelDrafter implements Drafter {
  readonly #reader: CachedReader;
  readonly #processors: readonly LogitsProcessor[];
  readonly #generator: Generator | null;
  readonly #isEnd: Choice['isEnd'];

  constructor(model: CausalLm, maxLength: number, choice: Choice) {
    this.#reader = new CachedReader(model, maxLength);
    this.#processors = choice.processors;
    this.#generator = choice.generator;
    this.#isEnd = choice.isEnd;
  }

  async guess(row: RowContext, count: number): Promise<Guess[]> {
    const tokens = [...row.tokens];
    const guesses: Guess[] = [];
    while (guesses.length < count) {
      const [scores] = await this.#reader.lastLogits(tokens, 1);
      processRow(this.#processors, scores!, { ...row, tokens });
      const guess = this.#choose(scores!);
      guesses.push(guess);
      tokens.push(guess.token);
      if (this.#isEnd({ ...row, tokens })) break;
    }
    return guesses;
  }

  dispose(): void {
    this.#reader.dispose();
  }

  #choose(scores: Float32Array): Guess {
    if (this.#generator === null) return { token: argmax(scores), probabilities: null };
    const probabilities = softmax(scores);
    return { token: this.#generator.multinomial(probabilities), probabilities };
  }
}
