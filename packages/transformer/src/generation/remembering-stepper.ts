// One prompt, of which only what a prompt cache does not know is read; what was read goes back to it.
import type { PromptCache } from '../cache/prompt-cache.ts';
import type { CausalLm } from '../models/causal-lm.ts';
import { decodeStep, prefill, selectState, type DecodeState } from './decode-step.ts';
import type { Stepper } from './stepper.ts';
import { takeLogits } from './take-logits.ts';

export class RememberingStepper implements Stepper {
  readonly vocabSize: number;
  readonly beginnings: readonly (readonly number[])[];
  readonly #model: CausalLm;
  readonly #promptCache: PromptCache;
  readonly #kvCache: ReturnType<PromptCache['take']>;
  readonly #state: DecodeState;
  /** What the first row has read. */
  readonly #read: number[];

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
    this.#state = { kvCache: this.#kvCache, attentionMask: null, lengths: new Int32Array(1) };
    this.#read = prompt.slice(0, this.#kvCache.length);
  }

  start(): Promise<Float32Array> {
    const [prompt] = this.beginnings as [readonly number[]];
    const rest = Int32Array.from(prompt.slice(this.#kvCache.length));
    this.#read.push(...rest);
    const lengths = [rest.length];
    const unread = { batch: 1, columns: rest.length, inputIds: rest, attentionMask: null, lengths };
    const logits = prefill(this.#model, unread, this.#state);
    this.#state.lengths.fill(prompt.length);
    return takeLogits(logits);
  }

  read(tokens: Int32Array): Promise<Float32Array> {
    this.#read.push(tokens[0]!);
    return takeLogits(decodeStep(this.#model, tokens, this.#state));
  }

  select(rows: readonly number[]): void {
    selectState(this.#state, rows);
  }

  dispose(): void {
    this.#state.captured?.dispose();
    // The first row's own text stays its own: without beams row 0 is never another's.
    if (this.#kvCache.batch > 1) this.#kvCache.select([0]);
    this.#promptCache.keep(this.#read, this.#kvCache);
  }
}
