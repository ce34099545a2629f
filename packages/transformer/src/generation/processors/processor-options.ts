// The options that become logits processors, named as in Transformers' GenerationConfig in camelCase.
import type { LogitsProcessor, RowContext } from './processor.ts';
import type { SequenceBias } from './sequence-bias.ts';

/** What the model may write, whichever way the next token is chosen. */
export interface ProcessorOptions {
  /** Biases on tokens: score + bias, as in OpenAI's `logit_bias`. */
  readonly logitBias?: Readonly<Record<number, number>>;
  /** Biases on runs of tokens, given to the last one when the others have been written. */
  readonly sequenceBias?: readonly SequenceBias[];
  /** Above 1, tokens of the source (without an encoder: the prompt) grow likelier. @default 1 */
  readonly encoderRepetitionPenalty?: number;
  /** Above 1, tokens of prompt and output grow less likely. @default 1 */
  readonly repetitionPenalty?: number;
  /** Subtracted from the score of each token already written, in [−2, 2] (OpenAI). @default 0 */
  readonly presencePenalty?: number;
  /** Subtracted once for each time that a token was written, in [−2, 2] (OpenAI). @default 0 */
  readonly frequencyPenalty?: number;
  /** No run of so many tokens comes twice in prompt and output. @default 0: no such rule */
  readonly noRepeatNgramSize?: number;
  /** No run of so many tokens of the source is written. @default 0: no such rule */
  readonly encoderNoRepeatNgramSize?: number;
  /** Words, each as token ids, that are not written. */
  readonly badWords?: readonly (readonly number[])[];
  /** Stop tokens cannot come before prompt and output have this many tokens together. @default 0 */
  readonly minLength?: number;
  /** Stop tokens cannot come before this many. @default 0 */
  readonly minNewTokens?: number;
  /** The tokens that may come next in this row. */
  readonly allowedTokens?: (row: RowContext) => Iterable<number>;
  /** First token written by an encoder–decoder. */
  readonly forcedBosTokenId?: number;
  /** The last of maxNewTokens is this token, or one of these. */
  readonly forcedEosTokenId?: number | readonly number[];
  /** Infinities and NaN become numbers. @default false */
  readonly removeInvalidValues?: boolean;
  /** From `start` new tokens on, stop tokens grow likelier by `factor` with each token. */
  readonly exponentialDecayLengthPenalty?: { readonly start: number; readonly factor: number };
  /** Tokens that are never written. */
  readonly suppressTokens?: readonly number[];
  /** Tokens that are not written first. */
  readonly beginSuppressTokens?: readonly number[];
  /** Your own, after all of these. */
  readonly logitsProcessors?: readonly LogitsProcessor[];
}

/** How the next token is drawn. */
export interface SamplingOptions {
  /** 0 takes the most probable token; 1 samples the model's own distribution. @default 0 */
  readonly temperature?: number;
  /** Keep tokens while their part of the entropy is at most this share of it, in (0, 1]. */
  readonly topH?: number;
  /** Keep only the k most probable tokens. @default all */
  readonly topK?: number;
  /** Keep the most probable tokens that together reach this probability, in (0, 1]. @default 1 */
  readonly topP?: number;
  /** Keep tokens at least this share as probable as the most probable, in [0, 1]. @default 0 */
  readonly minP?: number;
  /** Keep the tokens of typical surprise that together reach this probability, in (0, 1]. @default 1 */
  readonly typicalP?: number;
  /** Drop tokens less probable than this, in [0, 1). @default 0 */
  readonly epsilonCutoff?: number;
  /** Drop tokens less probable than min(ε, √ε · e^−entropy), in [0, 1). @default 0 */
  readonly etaCutoff?: number;
  /** Scores become log-probabilities after all of these. @default false */
  readonly renormalizeLogits?: boolean;
}
