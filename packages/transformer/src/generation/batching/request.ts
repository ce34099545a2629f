// A request to a ContinuousBatcher: what it asks for, its tokens as they come, its end.
import type { Variant } from '../../cache/paged/block-allocator.ts';
import type { PagedText } from '../../cache/paged/paged-cache.ts';
import { tokenProcessors, type Decoded } from '../decode.ts';
import type { FinishReason } from '../generate.ts';
import type { CheckedOptions } from '../options.ts';
import type { LogitsProcessor } from '../processors/processor.ts';
import { makeRows, type Row } from '../row.ts';
import type { TokenLogprob } from '../sample.ts';

export interface RequestResult {
  /** The new tokens, the stop token included. */
  readonly tokens: readonly number[];
  readonly finishReason: FinishReason;
  /** With a tokenizer: the text, cut before the stop string. */
  readonly text?: string;
  readonly logprobs?: readonly number[];
  readonly topLogprobs?: readonly (readonly TokenLogprob[])[];
}

/** What `submit` returns: the tokens in a for-await loop, and the whole as a promise. */
export interface BatchRequest extends AsyncIterable<Decoded> {
  readonly result: Promise<RequestResult>;
  /** Prompt tokens that were not read, for another text's blocks held them; 0 until it runs. */
  readonly sharedTokens: number;
  /** Ends the request; its result rejects with the reason. */
  cancel(reason?: Error): void;
}

/** A request in the batcher's hands. */
export class RunningRequest implements BatchRequest {
  readonly row: Row;
  readonly options: CheckedOptions;
  readonly processors: readonly LogitsProcessor[];
  readonly result: Promise<RequestResult>;
  /** Blocks while it runs; null while it waits. */
  blocks: number[] = [];
  paged: PagedText | null = null;
  readonly variant: Variant;
  sharedTokens = 0;
  readonly #decoded: Decoded[] = [];
  #wake: () => void = () => {};
  #settle!: { resolve: (result: RequestResult) => void; reject: (reason: unknown) => void };
  #failure: { readonly reason: unknown } | null = null;
  #isDone = false;

  constructor(prompt: readonly number[], options: CheckedOptions, variant: Variant) {
    this.variant = variant;
    [this.row] = makeRows([prompt], [prompt], options) as [Row];
    this.options = options;
    this.processors = tokenProcessors(options, [prompt]);
    this.result = new Promise((resolve, reject) => (this.#settle = { resolve, reject }));
    this.result.catch(() => {}); // who only iterates hears of a failure there
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  /** Of the prompt and the text, the latter as long as it may get. */
  get mostTokens(): number {
    return this.row.tokens.length - this.count + this.options.maxNewTokens;
  }

  /** Tokens that the model has not read yet, of a request that runs; the last one's logits give the next token. */
  get unread(): number {
    return this.row.tokens.length - this.paged!.length;
  }

  /** New tokens so far. */
  get count(): number {
    return this.#decoded.length;
  }

  /** Takes one new token; says whether it was the last. */
  add(decoded: Decoded): boolean {
    const isLast = decoded.isStop || this.count + 1 === this.options.maxNewTokens;
    const text = decoded.text + (isLast ? (this.row.text?.flush() ?? '') : '');
    this.#decoded.push({ ...decoded, text });
    if (isLast) {
      this.#isDone = true;
      this.#settle.resolve(this.#resultOf());
    }
    this.#wake();
    return isLast;
  }

  fail(reason: unknown): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#failure = { reason };
    this.#settle.reject(reason);
    this.#wake();
  }

  cancel(reason: Error = new DOMException('The request was cancelled', 'AbortError')): void {
    this.fail(reason);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Decoded, void, void> {
    for (let next = 0; ; next++) {
      while (next >= this.#decoded.length && !this.#isDone)
        await new Promise<void>((resolve) => (this.#wake = resolve));
      if (next < this.#decoded.length) yield this.#decoded[next]!;
      else if (this.#failure !== null) throw this.#failure.reason;
      else return;
    }
  }

  #resultOf(): RequestResult {
    const { logprobs = false, topLogprobs = 0, tokenizer } = this.options;
    const all = this.#decoded;
    return {
      tokens: all.map(({ token }) => token),
      finishReason: all.at(-1)!.isStop ? 'stop' : 'length',
      ...(tokenizer && { text: all.map(({ text }) => text).join('') }),
      ...(logprobs && { logprobs: all.map(({ logprob }) => logprob) }),
      ...(topLogprobs > 0 && { topLogprobs: all.map(({ top }) => top) }),
    };
  }
}
