// A language model that writes for many clients at once: one batcher, an adapter or none for each text.
import { setActiveAdapters } from '@llm/peft';
import {
  compileConstraint,
  ContinuousBatcher,
  GenerationError,
  GrammarError,
  stopTokensOf,
} from '@llm/transformer';
import type {
  BatchRequest,
  CausalLm,
  ConstraintSource,
  Decoded,
  GenerateOptions,
  TokenConstraint,
} from '@llm/transformer';
import type { Tokenizer } from '@llm/tokenizer';
import { contextLength } from '../../models/context-length.ts';
import { toolFormatOf } from '../tools/tool-format.ts';
import type {
  EngineOptions,
  EngineStats,
  WriteEvent,
  WriteJob,
  WriterInfo,
  WritingOptions,
  WrittenToken,
} from './messages.ts';
import { promptIds } from './prompt.ts';
import { readPrompt } from './read-prompt.ts';
import { RefusedError } from './refusal.ts';
import { TokenViews } from './token-views.ts';

const BLOCK_SIZE = 16; // positions
const DEFAULT_CONTEXT = 4096;
const TOKENS_OF_A_TEXT = 1024; // that the cache has room for when all write at once
const KEPT_CONSTRAINTS = 32;

export class Writer {
  readonly info: WriterInfo;
  readonly #model: CausalLm;
  readonly #tokenizer: Tokenizer;
  readonly #batcher: ContinuousBatcher;
  readonly #blocks: number;
  readonly #views: TokenViews;
  readonly #asAdapter: AdapterSwitch;
  readonly #stopTokens: readonly number[];
  /** By what they were compiled from, the one used last at the end. */
  readonly #constraints = new Map<string, TokenConstraint>();

  /** @param options.adapters are in the model already */
  constructor(
    { model, tokenizer }: { readonly model: CausalLm; readonly tokenizer: Tokenizer },
    options: EngineOptions,
  ) {
    this.#model = model;
    this.#tokenizer = tokenizer;
    this.#views = new TokenViews(tokenizer);
    this.#stopTokens = stopTokensOf(model.config);
    this.#asAdapter = options.adapters.length === 0 ? (_, run) => run() : adapterSwitch(model);
    const { maxBatch } = options;
    const context = contextOf(model, options.context);
    const wanted = options.cacheTokens ?? maxBatch * TOKENS_OF_A_TEXT;
    this.#blocks = Math.ceil(Math.max(wanted, context) / BLOCK_SIZE);
    this.#batcher = new ContinuousBatcher(model, {
      blockSize: BLOCK_SIZE,
      blocks: this.#blocks,
      maxBatch,
      withVariant: this.#asAdapter,
    });
    const template = tokenizer.chatTemplate;
    this.info = {
      context,
      vocabSize: model.shape.vocabSize,
      cacheTokens: this.#blocks * BLOCK_SIZE,
      hasChatTemplate: template !== undefined,
      toolFormat: toolFormatOf(template ?? ''),
    };
  }

  get stats(): EngineStats['batcher'] {
    return { ...this.#batcher.stats, blocks: this.#blocks };
  }

  /** Writes one text. Ends early, with an AbortError, when the signal is aborted. */
  async *write(job: WriteJob, signal: AbortSignal): AsyncGenerator<WriteEvent, void, void> {
    const ids = promptIds(job.prompt, this.#tokenizer, this.info.vocabSize);
    const { options } = job;
    const maxNewTokens = this.#tokensToWrite(ids.length, options.maxTokens, job.prompt.kind);
    // A prompt is told before its answer, and read for it alone: others wait meanwhile.
    const read = job.echo ? await this.#echo(ids, job) : {};
    yield { type: 'started', promptTokens: ids.length, ...read };
    if (maxNewTokens === 0) {
      yield { type: 'ended', finishReason: 'length', completionTokens: 0, cachedTokens: 0 };
      return;
    }
    const request = this.#submit(ids, { ...job, maxNewTokens, signal });
    try {
      for await (const decoded of request) {
        const event = this.#textEvent(decoded, options);
        if (event !== undefined) yield event;
      }
      const { finishReason, tokens } = await request.result;
      const cachedTokens = request.sharedTokens;
      yield { type: 'ended', finishReason, completionTokens: tokens.length, cachedTokens };
    } finally {
      request.cancel();
    }
  }

  async dispose(): Promise<void> {
    await this.#batcher.dispose();
    this.#model.dispose();
  }

  #tokensToWrite(promptTokens: number, asked: number | undefined, kind: string): number {
    const { context } = this.info;
    const room = context - promptTokens + 1; // the last token is not read again
    const most = asked ?? room;
    if (promptTokens <= context && most <= room) return most;
    const param = kind === 'chat' ? 'messages' : 'prompt';
    const answer = asked === undefined ? '' : ` and max_tokens asks for ${asked} more`;
    throw new RefusedError(
      `This server's context length is ${context} tokens, but the ${param} have ${promptTokens}${answer}. Shorten the ${param} or the answer.`,
      param,
      'context_length_exceeded',
    );
  }

  #submit(
    ids: readonly number[],
    job: WriteJob & { readonly maxNewTokens: number; readonly signal: AbortSignal },
  ): BatchRequest {
    const { options, adapter, maxNewTokens, signal } = job;
    try {
      const generation = this.#generateOptions(options);
      return this.#batcher.submit(ids, { ...generation, maxNewTokens, signal }, adapter);
    } catch (error) {
      if (error instanceof GrammarError) {
        const isSchema = options.constraint !== undefined && 'jsonSchema' in options.constraint;
        throw new RefusedError(error.message, isSchema ? 'response_format' : null);
      }
      if (error instanceof GenerationError) throw new RefusedError(error.message, null);
      throw error;
    }
  }

  #generateOptions(options: WritingOptions): Omit<GenerateOptions, 'maxNewTokens'> {
    const { topLogprobs, constraint, keepsSpecialTokens = false } = options;
    const skipSpecialTokens = !keepsSpecialTokens;
    return {
      temperature: options.temperature,
      topP: options.topP,
      topK: options.topK,
      minP: options.minP,
      minNewTokens: options.minTokens,
      presencePenalty: options.presencePenalty,
      frequencyPenalty: options.frequencyPenalty,
      repetitionPenalty: options.repetitionPenalty,
      logitBias: options.logitBias,
      stopStrings: options.stop,
      seed: options.seed,
      logprobs: topLogprobs !== undefined,
      topLogprobs: topLogprobs ?? 0,
      tokenizer: { decodeStream: () => this.#tokenizer.decodeStream({ skipSpecialTokens }) },
      ...(constraint && { constraint: this.#constraint(constraint) }),
    };
  }

  /** Compiled once for all requests that ask for the same. */
  #constraint(source: ConstraintSource): TokenConstraint {
    const key = JSON.stringify(source);
    const compiled = this.#constraints.get(key) ?? compileConstraint(source, this.#views.bytes);
    this.#constraints.delete(key);
    this.#constraints.set(key, compiled);
    const [oldest] = this.#constraints.keys();
    if (this.#constraints.size > KEPT_CONSTRAINTS) this.#constraints.delete(oldest!);
    return compiled;
  }

  /** Nothing for a token that added no text and whose log-probability nobody wants. A stop token has neither. */
  #textEvent(decoded: Decoded, { topLogprobs }: WritingOptions): WriteEvent | undefined {
    const { text } = decoded;
    if (topLogprobs === undefined || this.#stopTokens.includes(decoded.token))
      return text === '' ? undefined : { type: 'text', text };
    const { token, logprob, top } = decoded;
    const view: WrittenToken = {
      ...this.#views.choice({ token, logprob }),
      top: top.map((choice) => this.#views.choice(choice)),
    };
    return { type: 'text', text, token: view };
  }

  async #echo(ids: readonly number[], { prompt, adapter, options }: WriteJob) {
    const promptText =
      prompt.kind === 'text'
        ? prompt.text
        : this.#tokenizer.decode(ids, { skipSpecialTokens: true });
    if (options.topLogprobs === undefined) return { promptText };
    const scored = await readPrompt(this.#model, ids, {
      top: options.topLogprobs,
      run: (fn) => this.#asAdapter(adapter, fn),
    });
    const promptLogprobs = scored.map(({ token, logprob, top }) => ({
      ...this.#views.of(token),
      logprob,
      top: top.map((choice) => this.#views.choice(choice)),
    }));
    return { promptText, promptLogprobs };
  }
}

type AdapterSwitch = <T>(adapter: string | null, run: () => T) => T;

/** Makes the adapter of a forward pass the active one; null is the model without. */
function adapterSwitch(model: CausalLm): AdapterSwitch {
  let active: string | null | undefined;
  return (adapter, run) => {
    if (adapter !== active) setActiveAdapters(model, adapter === null ? [] : [adapter]);
    active = adapter;
    return run();
  };
}

/** @throws Error when more is asked for than the model has positions */
function contextOf(model: CausalLm, asked: number | undefined): number {
  const most = contextLength(model);
  if (asked !== undefined && asked > most)
    throw new Error(`--context: expected at most ${most}, the model's, got ${asked}. Lower it.`);
  return asked ?? Math.min(most, DEFAULT_CONTEXT);
}
