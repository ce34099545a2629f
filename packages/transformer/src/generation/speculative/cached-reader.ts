// Reads one text that grows and is sometimes taken back: only what is new goes through the model.
import { scope, tf, type Tensor } from '@llm/tensor';
import type { KeyValueCache } from '../../cache/key-value-cache.ts';
import type { CausalLm } from '../../models/causal-lm.ts';
import { inEvaluation } from '../in-evaluation.ts';
import { takeLogits } from '../take-logits.ts';

export class CachedReader {
  readonly #model: CausalLm;
  readonly #kvCache: KeyValueCache;
  #read: number[] = [];

  constructor(model: CausalLm, maxLength: number) {
    this.#model = model;
    this.#kvCache = model.createCache(1, maxLength);
  }

  /** Logits [V] after each of the last `count` tokens of a text. */
  async lastLogits(tokens: readonly number[], count: number): Promise<Float32Array[]> {
    let same = 0;
    const limit = Math.min(this.#read.length, tokens.length - count);
    while (same < limit && this.#read[same] === tokens[same]) same++;
    if (same < this.#kvCache.length) this.#kvCache.truncate(same);
    const values = await takeLogits(this.#lastLogits(tokens.slice(same), count));
    this.#read = [...tokens];
    const V = values.length / count;
    return Array.from({ length: count }, (_, i) => values.slice(i * V, (i + 1) * V));
  }

  dispose(): void {
    this.#kvCache.dispose();
  }

  /** Reads tokens [T]. Logits [count, V] after the last ones. */
  #lastLogits(tokens: readonly number[], count: number): Tensor {
    const T = tokens.length;
    const kvCache = this.#kvCache;
    return scope(() => {
      const ids = tf.tensor2d([...tokens], [1, T], 'int32');
      const hidden = inEvaluation(this.#model, () => this.#model.hiddenStates(ids, { kvCache }));
      const C = hidden.shape[2]!;
      const last = tf.slice(hidden, [0, T - count, 0], [1, count, C]);
      return this.#model.logits(tf.reshape(last, [count, C])); // [count, V]
    });
  }
}
