// A model in the middle of writing, whatever its family: rows of text that it has read, kept as keys and
// values, and the logits of what comes next. Every way of choosing tokens works on this.
import type { CacheKind } from '../cache/create-cache.ts';
import type { PromptCache } from '../cache/prompt-cache.ts';
import { CausalLm } from '../models/causal-lm.ts';
import type { Seq2SeqLm } from '../models/seq2seq/seq2seq-lm.ts';
import {
  createState,
  decodeStep,
  disposeState,
  prefill,
  selectState,
  type DecodeState,
} from './decode-step.ts';
import { leftPad, type PaddedPrompts } from './left-pad.ts';
import { RememberingStepper } from './remembering-stepper.ts';
import { Seq2SeqStepper } from './seq2seq-stepper.ts';
import { takeLogits } from './take-logits.ts';

export interface Stepper {
  readonly vocabSize: number;
  /** Of each prompt, what the decoder begins with: the prompt itself, or the start token. */
  readonly beginnings: readonly (readonly number[])[];
  /** Reads the prompts. Logits of each row's next token, [B · V]. Called once, first. */
  start(): Promise<Float32Array>;
  /** Reads one token for each row, [B]. Logits of the next, [B · V]. */
  read(tokens: Int32Array): Promise<Float32Array>;
  /** Row i goes on from what row rows[i] was; the number of rows may change. */
  select(rows: readonly number[]): void;
  dispose(): void;
}

export type LanguageModel = CausalLm | Seq2SeqLm;

export interface CacheOptions {
  /** How keys and values are kept. @default sliding where that halves the memory of layers
   *  with a window, else full */
  readonly cache?: CacheKind;
  /** Texts read before, whose beginnings need not be read again; for one prompt at a time. */
  readonly promptCache?: PromptCache;
}

/** @param prompts token ids; for an encoder–decoder the sources
 *  @param newTokens the most tokens that will be written */
export function createStepper(
  model: LanguageModel,
  prompts: readonly (readonly number[])[],
  newTokens: number,
  { cache, promptCache }: CacheOptions = {},
): Stepper {
  if (!(model instanceof CausalLm)) return new Seq2SeqStepper(model, prompts, newTokens);
  if (promptCache && prompts.length === 1)
    return new RememberingStepper(model, prompts[0]!, { newTokens, promptCache });
  return new CausalStepper(model, prompts, { newTokens, cache });
}

class CausalStepper implements Stepper {
  readonly beginnings: readonly (readonly number[])[];
  readonly vocabSize: number;
  readonly #model: CausalLm;
  readonly #prompts: PaddedPrompts;
  readonly #state: DecodeState;

  constructor(
    model: CausalLm,
    prompts: readonly (readonly number[])[],
    { newTokens, cache }: { readonly newTokens: number; readonly cache?: CacheKind },
  ) {
    this.#model = model;
    this.beginnings = prompts;
    this.vocabSize = model.shape.vocabSize;
    this.#prompts = leftPad(prompts, this.vocabSize);
    this.#state = createState(model, this.#prompts, newTokens, cache);
  }

  start(): Promise<Float32Array> {
    return takeLogits(prefill(this.#model, this.#prompts, this.#state));
  }

  read(tokens: Int32Array): Promise<Float32Array> {
    return takeLogits(decodeStep(this.#model, tokens, this.#state));
  }

  select(rows: readonly number[]): void {
    selectState(this.#state, rows);
  }

  dispose(): void {
    disposeState(this.#state);
  }
}
