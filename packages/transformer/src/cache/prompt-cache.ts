// Texts read before, so that a request which begins as one of them reads only what is new: the next turn
// of a conversation, or many questions after one long instruction.
import type { CausalLm } from '../models/causal-lm.ts';
import type { KvCache } from './kv-cache.ts';

interface Entry {
  readonly tokens: readonly number[];
  readonly cache: KvCache;
}

export class PromptCache {
  readonly #model: CausalLm;
  readonly #maxTokens: number;
  /** The one used longest ago first. */
  #entries: Entry[] = [];

  /** @param maxTokens positions kept over all texts; beyond them the text used longest ago is forgotten.
   *  @default 8192 */
  constructor(model: CausalLm, { maxTokens = 8192 }: { readonly maxTokens?: number } = {}) {
    this.#model = model;
    this.#maxTokens = maxTokens;
  }

  /** Positions kept. */
  get tokens(): number {
    return this.#entries.reduce((sum, { cache }) => sum + cache.maxLength, 0);
  }

  /** A cache of one row and `maxLength` positions that begins with as much of `tokens` as was read before,
   *  but not all of it: the last one's logits are still to come. The caller disposes it or gives it back. */
  take(tokens: readonly number[], maxLength: number): KvCache {
    const cache = this.#model.createCache(1, maxLength);
    const best = this.#longest(tokens);
    if (best === undefined) return cache;
    cache.copyFrom(best.entry.cache, best.shared);
    this.#entries = [...this.#entries.filter((entry) => entry !== best.entry), best.entry];
    return cache;
  }

  /** Keeps what a cache has read: its first positions are `tokens`. The cache belongs to this one now. */
  keep(tokens: readonly number[], cache: KvCache): void {
    const kept = this.#model.createCache(1, Math.max(cache.length, 1));
    kept.copyFrom(cache, cache.length);
    cache.dispose();
    const entry = { tokens: tokens.slice(0, kept.length), cache: kept };
    const covered = this.#entries.filter((old) => isPrefix(old.tokens, entry.tokens));
    for (const old of covered) old.cache.dispose();
    this.#entries = [...this.#entries.filter((old) => !covered.includes(old)), entry];
    while (this.#entries.length > 0 && this.tokens > this.#maxTokens)
      this.#entries.shift()!.cache.dispose();
  }

  dispose(): void {
    for (const { cache } of this.#entries) cache.dispose();
    this.#entries = [];
  }

  #longest(
    tokens: readonly number[],
  ): { readonly entry: Entry; readonly shared: number } | undefined {
    let best: { entry: Entry; shared: number } | undefined;
    for (const entry of this.#entries) {
      const shared = Math.min(sharedLength(entry.tokens, tokens), tokens.length - 1);
      if (shared > (best?.shared ?? 0)) best = { entry, shared };
    }
    return best;
  }
}

function sharedLength(a: readonly number[], b: readonly number[]): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}

const isPrefix = (a: readonly number[], b: readonly number[]): boolean =>
  a.length <= b.length && sharedLength(a, b) === a.length;
