// Interpolated n-gram language models, the yardstick that a neural model must beat.
// Witten–Bell smoothing (Bell, Cleary & Witten, "Text Compression", 1990; in the interpolated form of
// Chen & Goodman 1998, eq. 18): a context seen c times with d different successors trusts its own
// counts with weight c / (c + d) and the next shorter context with the rest; below the unigram lies
// the uniform distribution.

interface ContextCounts {
  total: number;
  readonly next: Map<number, number>;
}

export class NgramModel {
  readonly order: number;
  readonly vocabSize: number;
  readonly #contexts = new Map<string, ContextCounts>();

  /** @param tokens the training stream; @param order 2 for a bigram model, 3 for a trigram model */
  constructor(tokens: ArrayLike<number>, order: number, vocabSize: number) {
    if (!Number.isInteger(order) || order < 1) {
      throw new RangeError(`NgramModel: order: expected a whole number from 1, got ${order}.`);
    }
    this.order = order;
    this.vocabSize = vocabSize;
    for (let end = 0; end < tokens.length; end++) {
      for (let length = 0; length < order && length <= end; length++) {
        this.#count(contextKey(tokens, end, length), tokens[end] as number);
      }
    }
  }

  #count(key: string, token: number): void {
    let counts = this.#contexts.get(key);
    if (!counts) this.#contexts.set(key, (counts = { total: 0, next: new Map() }));
    counts.total += 1;
    counts.next.set(token, (counts.next.get(token) ?? 0) + 1);
  }

  /** p(tokens[end] | the up to order − 1 tokens before it) */
  probability(tokens: ArrayLike<number>, end: number): number {
    let probability = 1 / this.vocabSize;
    for (let length = 0; length < this.order && length <= end; length++) {
      const counts = this.#contexts.get(contextKey(tokens, end, length));
      if (!counts) break; // A longer context contains this one, so it was not seen either.
      const own = (counts.next.get(tokens[end] as number) ?? 0) / counts.total;
      const trust = counts.total / (counts.total + counts.next.size);
      probability = trust * own + (1 - trust) * probability;
    }
    return probability;
  }

  /** Mean negative log-likelihood of a stream in nats a token; its first token has no context and is skipped. */
  loss(tokens: ArrayLike<number>): number {
    if (tokens.length < 2) throw new RangeError('NgramModel.loss: tokens: expected at least 2.');
    let sum = 0;
    for (let end = 1; end < tokens.length; end++) sum -= Math.log(this.probability(tokens, end));
    return sum / (tokens.length - 1);
  }
}

function contextKey(tokens: ArrayLike<number>, end: number, length: number): string {
  let key = '';
  for (let i = end - length; i < end; i++) key += `${tokens[i]},`;
  return key;
}
