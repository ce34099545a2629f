// Autoregressive generation: read the prompts once, then choose and read one token at a time.
import { CausalLm } from '../models/causal-lm.ts';
import { beamSearch } from './beams/beam-search.ts';
import { contrastiveSearch } from './contrastive.ts';
import { decode, type Decoded } from './decode.ts';
import { GuidedStepper, negativePrompts } from './guided-stepper.ts';
import { checkOptions, fail, type CheckedOptions, type GenerateOptions } from './options.ts';
import type { TokenLogprob } from './sample.ts';
import { speculate } from './speculative/speculate.ts';
import { createStepper, type LanguageModel, type Stepper } from './stepper.ts';

/** Why a sequence ended: a stop token or stop string, or maxNewTokens. */
export type FinishReason = 'stop' | 'length';

/** A row for each text: numReturnSequences of the first prompt, then of the second. */
export interface GenerateResult {
  /** The new tokens, the stop token included. */
  readonly sequences: number[][];
  readonly finishReasons: FinishReason[];
  /** Of each new token, under softmax(logits / temperature); only if asked for. */
  readonly logprobs?: number[][];
  /** For each new token the likeliest ones in its place, likeliest first; only if asked for. */
  readonly topLogprobs?: TokenLogprob[][][];
  /** Of each text of a beam search: Σ log p / length ** lengthPenalty. */
  readonly scores?: number[];
  /** With a tokenizer: the text of each row, cut before the stop string. */
  readonly texts?: string[];
}

/** Continues each prompt (token ids); an encoder–decoder writes an answer to each source. Prompts may
 *  differ in length: each row gives what it would alone.
 *  @example const { sequences } = await generate(model, [[1, 5, 7]], { maxNewTokens: 20 }) */
export async function generate(
  model: LanguageModel,
  prompts: readonly (readonly number[])[] | readonly number[],
  options: GenerateOptions,
): Promise<GenerateResult> {
  const rows = asRows(prompts);
  if ((options.numBeams ?? 1) > 1) return generateBeams(model, rows, options);
  const count = rows.length * (options.numReturnSequences ?? 1);
  const result = new ResultBuilder(count, options);
  for await (const decoded of decodeTokens(model, rows, options)) result.add(decoded);
  return result.build();
}

/** Continues one prompt and yields each token as it comes. Leaving the loop frees everything. */
export async function* stream(
  model: LanguageModel,
  prompt: readonly number[],
  options: GenerateOptions,
): AsyncGenerator<number, void, void> {
  for await (const { token, text } of decodeTokens(model, [prompt], options)) {
    options.onToken?.(token, 0);
    if (text !== '') options.onText?.(text, 0);
    yield token;
  }
}

async function* decodeTokens(
  model: LanguageModel,
  prompts: readonly (readonly number[])[],
  options: GenerateOptions,
): AsyncGenerator<Decoded, void, void> {
  if ((options.numBeams ?? 1) > 1)
    fail('numBeams', '1: beams are not streamed. Use generate', options.numBeams);
  const checked = checkOptions(model, prompts, options);
  if (model instanceof CausalLm) {
    if (options.penaltyAlpha !== undefined)
      return yield* contrastiveSearch(model, prompts, checked);
    if (options.draft ?? options.promptLookup) return yield* speculate(model, prompts, checked);
  }
  yield* decode(stepperFor(model, prompts, checked), prompts, checked);
}

/** With guidance, two of them in one. */
function stepperFor(
  model: LanguageModel,
  prompts: readonly (readonly number[])[],
  options: CheckedOptions,
): Stepper {
  const { maxNewTokens, guidanceScale = 1, negativePrompt, cache } = options;
  const stepper = createStepper(model, prompts, maxNewTokens, options);
  if (guidanceScale === 1) return stepper;
  const free = createStepper(model, negativePrompts(prompts, negativePrompt), maxNewTokens, {
    cache,
  });
  return new GuidedStepper(stepper, free, guidanceScale);
}

async function generateBeams(
  model: LanguageModel,
  prompts: readonly (readonly number[])[],
  options: GenerateOptions,
): Promise<GenerateResult> {
  const checked = checkOptions(model, prompts, options);
  const stepper = stepperFor(model, prompts, checked);
  const texts = await beamSearch(stepper, prompts, checked);
  for (const [row, { tokens, text }] of texts.entries()) {
    for (const token of tokens) options.onToken?.(token, row);
    if (text !== null) options.onText?.(text, row);
  }
  return {
    sequences: texts.map(({ tokens }) => [...tokens]),
    finishReasons: texts.map((beam) => (beam.isStop ? 'stop' : 'length')),
    scores: texts.map(({ score }) => score),
    ...(options.logprobs === true && { logprobs: texts.map(({ logprobs }) => [...logprobs]) }),
    ...(options.tokenizer && { texts: texts.map(({ text }) => text ?? '') }),
  };
}

class ResultBuilder {
  readonly #options: GenerateOptions;
  readonly #rows: Decoded[][];

  constructor(count: number, options: GenerateOptions) {
    this.#options = options;
    this.#rows = Array.from({ length: count }, () => []);
  }

  add(decoded: Decoded): void {
    this.#rows[decoded.row]!.push(decoded);
    this.#options.onToken?.(decoded.token, decoded.row);
    if (decoded.text !== '') this.#options.onText?.(decoded.text, decoded.row);
  }

  build(): GenerateResult {
    const { logprobs = false, topLogprobs = 0, tokenizer } = this.#options;
    const each = <T>(pick: (decoded: Decoded) => T): T[][] =>
      this.#rows.map((row) => row.map(pick));
    return {
      sequences: each(({ token }) => token),
      finishReasons: this.#rows.map((row) => (row.at(-1)!.isStop ? 'stop' : 'length')),
      ...(logprobs && { logprobs: each(({ logprob }) => logprob) }),
      ...(topLogprobs > 0 && { topLogprobs: each(({ top }) => [...top]) }),
      ...(tokenizer && { texts: each(({ text }) => text).map((parts) => parts.join('')) }),
    };
  }
}

function asRows(
  prompts: readonly (readonly number[])[] | readonly number[],
): (readonly number[])[] {
  const rows = prompts.filter((prompt) => typeof prompt !== 'number');
  return rows.length > 0 || prompts.length === 0
    ? rows
    : [prompts.filter((id) => typeof id === 'number')];
}
