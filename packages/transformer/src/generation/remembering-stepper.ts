// One prompt, of which only what a prompt cache does not know is read; what was read goes back to it.
import { scope, tf } from '@llm/tensor';
import type { KvCache } from '../cache/kv-cache.ts';
import type { PromptCache } from '../cache/prompt-cache.ts';
import type { CausalLm } from '../models/causal-lm.ts';
import { inEvaluation } from './in-evaluation.ts';
import type { Stepper } from './stepper.ts';
import { takeLogits } from './take-logits.ts';

export class RememberingStepper implements Stepper {
  readonly vocabSize: number;
  readonly beginnings: readonly (readonly number[])[];
  readonly #model: CausalLm;
  readonly #promptCache: PromptCache;
  readonly #kvCache: KvCache;
  /** What the first row has read. */
  #read: number[];

  constructor(
    model: CausalLm,
    prompt: readonly number[],
    { newTokens, promptCache }: { readonly newTokens: number; readonly promptCache: PromptCache },
  ) {
    this.#model = model;
    this.#promptCache = promptCache;
    this.vocabSize = model.shape.vocabSize;
    this.beginnings = [prompt];
    this.#kvCache = promptCache.take(prompt, prompt.length + newTokens);
    this.#read = prompt.slice(0, this.#kvCache.length);
  }

  start(): Promise<Float32Array> {
    const rest = this.beginnings[0]!.slice(this.#kvCache.length);
    this.#read.push(...rest);
    return this.#lastLogits(Int32Array.from(rest), 1);
  }

  read(tokens: Int32Array): Promise<Float32Array> {
    this.#read.push(tokens[0]!);
    return this.#lastLogits(tokens, tokens.length);
  }

  select(rows: readonly number[]): void {
    this.#kvCache.select(rows);
  }

  dispose(): void {
    // The first row's own text stays its own: without beams row 0 is never another's.
    if (this.#kvCache.batch > 1) this.#kvCache.select([0]);
    this.#promptCache.keep(this.#read, this.#kvCache);
  }

  /** Reads B rows of equal length. Logits of what comes next, [B · V]. */
  #lastLogits(tokens: Int32Array, B: number): Promise<Float32Array> {
    const T = tokens.length / B;
    const kvCache = this.#kvCache;
    const logits = scope(() => {
      const ids = tf.tensor2d(tokens.slice(), [B, T], 'int32');
      const hidden = inEvaluation(this.#model, () => this.#model.hiddenStates(ids, { kvCache }));
      const last = tf.slice(hidden, [0, T - 1, 0], [B, 1, hidden.shape[2]!]);
      return this.#model.logits(tf.reshape(last, [B, hidden.shape[2]!]));
    });
    return takeLogits(logits);
  }
}
