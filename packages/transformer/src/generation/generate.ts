// Autoregressive generation: read the prompts once, then sample and read one token at a time.
import { Generator, type Tensor } from '@llm/tensor';
import type { CausalLm } from '../models/causal-lm.ts';
import { createState, decodeStep, disposeState, prefill } from './decode-step.ts';
import { leftPad } from './left-pad.ts';
import { nextTurn } from './next-turn.ts';
import { checkOptions, type GenerateOptions } from './options.ts';
import { sample, type Sampled } from './sample.ts';

/** Why a sequence ended: a stop token, or maxNewTokens. */
export type FinishReason = 'stop' | 'length';

export interface GenerateResult {
  /** The new tokens of each prompt, the stop token included. */
  readonly sequences: number[][];
  readonly finishReasons: FinishReason[];
  /** Of each new token, under softmax(logits / temperature); only if asked for. */
  readonly logprobs?: number[][];
}

/** Continues each prompt (token ids). Prompts may differ in length: each row gives what it would alone.
 *  @example const { sequences } = await generate(model, [[1, 5, 7]], { maxNewTokens: 20 }) */
export async function generate(
  model: CausalLm,
  prompts: readonly (readonly number[])[] | readonly number[],
  options: GenerateOptions,
): Promise<GenerateResult> {
  const rows = asRows(prompts);
  const sequences = rows.map((): number[] => []);
  const finishReasons = rows.map((): FinishReason => 'length');
  const logprobs = rows.map((): number[] => []);
  for await (const { row, token, logprob, isStop } of decode(model, rows, options)) {
    sequences[row]!.push(token);
    logprobs[row]!.push(logprob);
    if (isStop) finishReasons[row] = 'stop';
    options.onToken?.(token, row);
  }
  return { sequences, finishReasons, ...(options.logprobs === true ? { logprobs } : {}) };
}

/** Continues one prompt and yields each token as it comes. Leaving the loop frees everything. */
export async function* stream(
  model: CausalLm,
  prompt: readonly number[],
  options: GenerateOptions,
): AsyncGenerator<number, void, void> {
  for await (const { token } of decode(model, [prompt], options)) {
    options.onToken?.(token, 0);
    yield token;
  }
}

interface Decoded extends Sampled {
  readonly row: number;
  readonly isStop: boolean;
}

function asRows(
  prompts: readonly (readonly number[])[] | readonly number[],
): (readonly number[])[] {
  const rows = prompts.filter((prompt) => typeof prompt !== 'number');
  return rows.length > 0 || prompts.length === 0
    ? rows
    : [prompts.filter((id) => typeof id === 'number')];
}

/** Yields every open row's token, step by step. */
async function* decode(
  model: CausalLm,
  prompts: readonly (readonly number[])[],
  options: GenerateOptions,
): AsyncGenerator<Decoded, void, void> {
  const padded = leftPad(prompts, model.shape.vocabSize);
  const checked = checkOptions(model, padded.columns, options);
  const tokens = new Int32Array(prompts.length);
  const state = createState(model, padded, options.maxNewTokens);
  let open = rowGenerators(prompts.length, options.seed ?? 0).map((generator, row) => ({
    generator,
    row,
  }));
  try {
    for (let step = 0; step < options.maxNewTokens && open.length > 0; step++) {
      const logits = await takeLogits(
        step === 0 ? prefill(model, padded, state) : decodeStep(model, tokens, state),
      );
      options.signal?.throwIfAborted();
      const stopped = new Set<number>();
      for (const { row, generator } of open) {
        const next = nextToken(rowOf(logits, row, model), generator, { ...checked, step });
        tokens[row] = next.token;
        if (next.isStop) stopped.add(row);
        yield { row, ...next };
      }
      open = open.filter(({ row }) => !stopped.has(row));
    }
  } finally {
    disposeState(state);
  }
}

const rowOf = (
  logits: Float32Array,
  row: number,
  { shape: { vocabSize } }: CausalLm,
): Float32Array => logits.slice(row * vocabSize, (row + 1) * vocabSize);

function nextToken(
  logits: Float32Array,
  generator: Generator,
  options: ReturnType<typeof checkOptions> & { readonly step: number },
): Omit<Decoded, 'row'> {
  const { stopTokens, minNewTokens = 0, step } = options;
  if (step < minNewTokens) forbid(logits, stopTokens);
  const sampled = sample(logits, generator, options);
  return { ...sampled, isStop: stopTokens.includes(sampled.token) };
}

/** A stream for each row, so that a row's text depends on the seed and its place alone. */
function rowGenerators(rows: number, seed: number): Generator[] {
  const seeds = new Generator(seed);
  return Array.from({ length: rows }, () => new Generator(seeds.nextSeed()));
}

/** Reads the logits and lets the event loop turn, so that sockets and signals are heard. */
async function takeLogits(logits: Tensor): Promise<Float32Array> {
  const values = await logits.data<'float32'>();
  logits.dispose();
  await nextTurn();
  return values;
}

function forbid(logits: Float32Array, tokens: readonly number[]): void {
  for (const token of tokens) if (token < logits.length) logits[token] = -Infinity;
}
