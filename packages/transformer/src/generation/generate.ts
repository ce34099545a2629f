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
  /** Log-probability of each new token under softmax(logits / temperature). */
  readonly logprobs: number[][];
}

/** Continues each prompt (token ids). Prompts may differ in length: each row gives what it would alone.
 *  @example const { sequences } = await generate(model, [[1, 5, 7]], { maxNewTokens: 20 }) */
export async function generate(
  model: CausalLm,
  prompts: readonly (readonly number[])[] | readonly number[],
  options: GenerateOptions,
): Promise<GenerateResult> {
  const rows = asRows(prompts);
  const result: GenerateResult = { sequences: [], finishReasons: [], logprobs: [] };
  for (const row of rows.keys()) {
    result.sequences[row] = [];
    result.logprobs[row] = [];
    result.finishReasons[row] = 'length';
  }
  for await (const { row, token, logprob, isStop } of decode(model, rows, options)) {
    result.sequences[row]!.push(token);
    result.logprobs[row]!.push(logprob);
    if (isStop) result.finishReasons[row] = 'stop';
    options.onToken?.(token, row);
  }
  return result;
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

/** Yields every row's tokens, step by step. */
async function* decode(
  model: CausalLm,
  prompts: readonly (readonly number[])[],
  options: GenerateOptions,
): AsyncGenerator<Decoded, void, void> {
  const padded = leftPad(prompts, model.shape.vocabSize);
  const checked = checkOptions(model, padded.columns, options);
  const generators = rowGenerators(prompts.length, options.seed ?? 0);
  const isOpen = prompts.map(() => true);
  const tokens = new Int32Array(prompts.length);
  const state = createState(model, padded, options.maxNewTokens);
  try {
    let logits = prefill(model, padded, state);
    for (let step = 0; ; step++) {
      const values = await takeLogits(logits);
      await nextTurn();
      options.signal?.throwIfAborted();
      for (const [row, generator] of generators.entries()) {
        if (!isOpen[row]) continue;
        const rowLogits = values.slice(
          row * model.shape.vocabSize,
          (row + 1) * model.shape.vocabSize,
        );
        if (step < (checked.minNewTokens ?? 0)) forbid(rowLogits, checked.stopTokens);
        const sampled = sample(rowLogits, generator, checked);
        const isStop = checked.stopTokens.includes(sampled.token);
        isOpen[row] = !isStop;
        tokens[row] = sampled.token;
        yield { ...sampled, row, isStop };
      }
      if (step + 1 === options.maxNewTokens || !isOpen.includes(true)) return;
      logits = decodeStep(model, tokens, state);
    }
  } finally {
    disposeState(state);
  }
}

/** A stream for each row, so that a row's text depends on the seed and its place alone. */
function rowGenerators(rows: number, seed: number): Generator[] {
  const seeds = new Generator(seed);
  return Array.from({ length: rows }, () => new Generator(seeds.nextSeed()));
}

async function takeLogits(logits: Tensor): Promise<Float32Array> {
  const values = await logits.data<'float32'>();
  logits.dispose();
  return values;
}

function forbid(logits: Float32Array, tokens: readonly number[]): void {
  for (const token of tokens) if (token < logits.length) logits[token] = -Infinity;
}
