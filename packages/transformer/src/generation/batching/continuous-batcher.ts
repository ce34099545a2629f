// Continuous batching (Yu et al. 2022): requests join and leave between steps, so that a short one never
// waits for a long one. Their keys and values lie in blocks of one pool; when the pool runs out, the
// request that came last gives its blocks back and is read again later.
import { BlockPool } from '../../cache/paged/block-pool.ts';
import { GenerationError } from '../../errors.ts';
import type { CausalLm } from '../../models/causal-lm.ts';
import { nextToken, rowScores } from '../decode.ts';
import { checkOptions, fail, type GenerateOptions } from '../options.ts';
import { PagedReader } from './paged-reader.ts';
import { RunningRequest, type BatchRequest } from './request.ts';

export interface BatcherOptions {
  /** Positions of a block. @default 16 */
  readonly blockSize?: number;
  /** Blocks of all requests together: blocks · blockSize positions are allocated. @default 256 */
  readonly blocks?: number;
  /** Most requests that run at once. @default 8 */
  readonly maxBatch?: number;
  /** Prompt tokens that are read between two tokens of the others: a long prompt is read in parts, so that
   *  those who write wait for a part only, and its activations take no more room than a part's. @default 512 */
  readonly prefillTokens?: number;
  /** Runs a forward pass as a variant of the model, an adapter switched on, say: the one that `submit` was
   *  given, else null. @default there are no variants */
  readonly withVariant?: <T>(variant: string | null, run: () => T) => T;
}

export interface BatcherStats {
  readonly running: number;
  readonly waiting: number;
  readonly freeBlocks: number;
  /** Requests that had to give their blocks back. */
  readonly preemptions: number;
  /** Prompt tokens that were found in blocks of others. */
  readonly sharedTokens: number;
}

export class ContinuousBatcher {
  readonly #model: CausalLm;
  readonly #pool: BlockPool;
  readonly #reader: PagedReader;
  readonly #maxBatch: number;
  readonly #prefillTokens: number;
  readonly #withVariant: NonNullable<BatcherOptions['withVariant']> | undefined;
  /** The one that came first first. */
  #running: RunningRequest[] = [];
  #waiting: RunningRequest[] = [];
  #loop: Promise<void> | null = null;
  #preemptions = 0;
  #sharedTokens = 0;

  /** Allocates the pool; the caller disposes the batcher, and the model after it. */
  constructor(model: CausalLm, options: BatcherOptions = {}) {
    const { blockSize = 16, blocks = 256, maxBatch = 8, prefillTokens = 512 } = options;
    this.#model = model;
    this.#pool = new BlockPool(model.shape, blocks, blockSize);
    this.#reader = new PagedReader(model, this.#pool);
    this.#maxBatch = maxBatch;
    this.#prefillTokens = prefillTokens;
    this.#withVariant = options.withVariant;
  }

  get stats(): BatcherStats {
    return {
      running: this.#running.length,
      waiting: this.#waiting.length,
      freeBlocks: this.#pool.allocator.free,
      preemptions: this.#preemptions,
      sharedTokens: this.#sharedTokens,
    };
  }

  /** Adds a request; work begins at once. The text is the one that `generate` gives for the same options.
   *  @param variant of the model, as `withVariant` knows it
   *  @throws GenerationError for options that cannot be met, one text at a time: no beams, no drafts, and for a
   *    model with a soft prompt */
  submit(
    prompt: readonly number[],
    options: GenerateOptions,
    variant: string | null = null,
  ): BatchRequest {
    const checked = checkOptions(this.#model, [prompt], options);
    refuseOtherModes(options);
    if (variant !== null && this.#withVariant === undefined)
      fail('variant', 'none, for the batcher has no withVariant', variant);
    this.#as(variant, () => refuseSoftPrompt(this.#model));
    const { blockSize, numBlocks } = this.#pool.allocator;
    const needed = Math.ceil((prompt.length + options.maxNewTokens - 1) / blockSize);
    if (needed > numBlocks)
      fail(
        'maxNewTokens',
        `prompt and text within ${numBlocks * blockSize} positions, the batcher's`,
        options.maxNewTokens,
      );
    const request = new RunningRequest(prompt, checked, variant);
    options.signal?.addEventListener('abort', () => request.fail(options.signal!.reason), {
      once: true,
    });
    if (options.signal?.aborted === true) request.fail(options.signal.reason);
    this.#waiting.push(request);
    this.#loop ??= this.#run().finally(() => (this.#loop = null));
    return request;
  }

  /** Resolves once nothing is left to do. */
  async idle(): Promise<void> {
    while (this.#loop !== null) await this.#loop;
  }

  /** Ends all requests and frees the pool. */
  async dispose(): Promise<void> {
    const reason = new GenerationError('ContinuousBatcher: the batcher was disposed.');
    for (const request of [...this.#running, ...this.#waiting]) request.fail(reason);
    await this.idle();
    this.#pool.dispose();
  }

  async #run(): Promise<void> {
    await Promise.resolve(); // requests of the same turn begin together
    try {
      while (this.#running.length + this.#waiting.length > 0) await this.#step();
    } catch (error) {
      for (const request of [...this.#running, ...this.#waiting]) {
        this.#release(request);
        request.fail(error);
      }
      [this.#running, this.#waiting] = [[], []];
    } finally {
      this.#reader.dispose(); // the model may change until the next request
    }
  }

  /** Retires, admits and reads, and lets every request that has been read write one token. */
  async #step(): Promise<void> {
    this.#retire();
    await this.#readPrompts();
    this.#makeRoom();
    await this.#decode();
  }

  #retire(): void {
    for (const request of this.#running) if (request.isDone) this.#release(request);
    this.#running = this.#running.filter(({ isDone }) => !isDone);
    this.#waiting = this.#waiting.filter(({ isDone }) => !isDone);
  }

  /** The next waiting request, if there is room for what it has read and written and one token more. */
  #admit(): RunningRequest | null {
    const [request] = this.#waiting;
    if (request === undefined || this.#running.length >= this.#maxBatch) return null;
    const { allocator } = this.#pool;
    const { tokens } = request.row;
    const shared = allocator.share(tokens, request.variant);
    const needed = Math.ceil(tokens.length / allocator.blockSize) - shared.length;
    // While others run, one block for each stays free, so that what is admitted is not sent away at once.
    const isRoom = allocator.free >= needed + this.#running.length;
    if (!isRoom) {
      for (const block of shared) allocator.release(block);
      return null;
    }
    this.#waiting.shift();
    const blocks = [...shared, ...Array.from({ length: needed }, () => allocator.allocate()!)];
    const length = shared.length * allocator.blockSize;
    this.#sharedTokens += length;
    if (request.count === 0) request.sharedTokens = length; // not of one that was sent away and is back
    request.blocks = blocks;
    request.paged = { blocks, length, limit: request.mostTokens };
    this.#running.push(request);
    return request;
  }

  /** Reads up to prefillTokens of prompts, the oldest first; one that has been read writes its next token. */
  async #readPrompts(): Promise<void> {
    let left = this.#prefillTokens;
    while (left > 0) {
      const isReading = (request: RunningRequest): boolean => !request.isDone && request.unread > 1;
      const request = this.#running.find(isReading) ?? this.#admit();
      if (request === null) return;
      if (request.unread > 1) left -= await this.#readPart(request, left);
    }
  }

  /** Reads at most `most` tokens of what a request has. Returns how many. */
  async #readPart(request: RunningRequest, most: number): Promise<number> {
    const { row, variant, blocks } = request;
    const paged = request.paged!;
    const part = row.tokens.slice(paged.length, paged.length + most);
    const logits = await this.#as(variant, () => this.#reader.prompt(paged, Int32Array.from(part)));
    if (paged.length < row.tokens.length) return part.length;
    this.#pool.allocator.publish(row.tokens, blocks, variant);
    this.#write([request], logits);
    return part.length;
  }

  #as<T>(variant: string | null, run: () => T): T {
    return this.#withVariant ? this.#withVariant(variant, run) : run();
  }

  /** Every running request needs a place for its last token; one that is being read has it. */
  #makeRoom(): void {
    const { allocator } = this.#pool;
    for (let i = 0; i < this.#running.length; i++) {
      const request = this.#running[i]!;
      while (request.paged!.length >= request.blocks.length * allocator.blockSize) {
        const block = allocator.allocate();
        if (block !== undefined) {
          request.blocks.push(block);
          continue;
        }
        this.#preempt(this.#running.at(-1)!);
        if (i >= this.#running.length) return; // it was this one's turn to give way
      }
    }
  }

  #preempt(request: RunningRequest): void {
    this.#release(request);
    this.#running = this.#running.filter((other) => other !== request);
    this.#waiting.unshift(request);
    this.#preemptions += 1;
  }

  /** One token for each text that has been read, a forward pass for each variant. */
  async #decode(): Promise<void> {
    const ready = this.#running.filter(({ isDone, unread }) => !isDone && unread === 1);
    for (const variant of new Set(ready.map((request) => request.variant))) {
      const requests = ready.filter((request) => request.variant === variant);
      const tokens = Int32Array.from(requests, ({ row }) => row.tokens.at(-1)!);
      const texts = requests.map(({ paged }) => paged!);
      const logits = await this.#as(variant, () => this.#reader.step(texts, tokens, variant));
      this.#write(requests, logits);
    }
  }

  #write(requests: readonly RunningRequest[], logits: Float32Array): void {
    const { vocabSize } = this.#model.shape;
    for (const [i, request] of requests.entries()) {
      if (request.isDone) continue; // cancelled meanwhile
      try {
        const scores = rowScores(logits, i, vocabSize);
        request.add(nextToken(scores, request.row, request.processors, request.options));
      } catch (error) {
        request.fail(error); // its own processors': the others go on
      }
    }
  }

  #release(request: RunningRequest): void {
    const { allocator } = this.#pool;
    if (request.paged === null) return;
    const read = request.row.tokens.slice(0, request.paged.length);
    allocator.publish(read, request.blocks, request.variant);
    // The end of a text is the least likely to be asked for again: it is given away first.
    for (const block of request.blocks.toReversed()) allocator.release(block);
    request.blocks = [];
    request.paged = null;
  }
}

/** Blocks hold texts that begin at their first token. */
function refuseSoftPrompt({ softPrompt }: CausalLm): void {
  if (softPrompt === null || softPrompt.length === 0) return;
  throw new GenerationError(
    'ContinuousBatcher.submit: model: expected one without an active soft prompt, got one with it. Use generate.',
  );
}

function refuseOtherModes(options: GenerateOptions): void {
  const { numBeams = 1, numReturnSequences = 1, guidanceScale = 1 } = options;
  const modes = {
    numBeams: numBeams > 1,
    numReturnSequences: numReturnSequences > 1,
    guidanceScale: guidanceScale !== 1,
  };
  for (const [name, isUsed] of Object.entries(modes))
    if (isUsed)
      fail(name, '1: submit a request for each text', options[name as keyof GenerateOptions]);
  for (const name of ['draft', 'promptLookup', 'penaltyAlpha', 'promptCache'] as const)
    if (options[name] !== undefined) fail(name, 'absent in a batcher', 'one');
}
