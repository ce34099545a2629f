// Chooses the next token of one row from its scores.
import type { Generator } from '@llm/tensor';
import { applyTemperature, argmax, logSumExp, softmax } from './filters.ts';
import { likeliest } from './processors/warpers.ts';

/** A token and log p of it. */
export interface TokenLogprob {
  readonly token: number;
  readonly logprob: number;
}

/** The likeliest of processed scores [V] at temperature 0, else a draw from softmax(scores). */
export function choose(scores: Float32Array, generator: Generator, temperature: number): number {
  return temperature === 0 ? argmax(scores) : generator.multinomial(softmax(scores));
}

/** The model's own log-probabilities: log softmax(logits / temperature), temperature 1 when greedy, before
 *  any other processor: the policy's, as PPO needs it. */
export class PolicyLogprobs {
  readonly #logits: Float32Array;
  readonly #shift: number;

  /** logits [V] are copied. */
  constructor(logits: Float32Array, temperature: number) {
    this.#logits = logits.slice();
    if (temperature > 0 && temperature !== 1) applyTemperature(this.#logits, temperature);
    this.#shift = logSumExp(this.#logits);
  }

  of(token: number): number {
    return this.#logits[token]! - this.#shift;
  }

  /** The `count` likeliest tokens, likeliest first. */
  top(count: number): TokenLogprob[] {
    return likeliest(this.#logits, count).map((token) => ({ token, logprob: this.of(token) }));
  }
}
