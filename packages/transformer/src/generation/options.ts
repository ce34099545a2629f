// The options of generation and what makes them valid.
import { stopTokensOf } from '../config/config.ts';
import { GenerationError } from '../errors.ts';
import type { CausalLm } from '../models/causal-lm.ts';
import type { SamplingOptions } from './sample.ts';

export interface GenerateOptions extends SamplingOptions {
  /** Most tokens to add to each prompt. */
  readonly maxNewTokens: number;
  /** Stop tokens cannot come before this many. @default 0 */
  readonly minNewTokens?: number;
  /** Same seed, same model, same prompts: same text. Each row draws from a stream of its own. @default 0 */
  readonly seed?: number;
  /** Tokens that end a sequence; the token itself is kept. @default the configuration's eosTokenId */
  readonly stopTokens?: readonly number[];
  /** Also return the log-probability of each new token. @default false */
  readonly logprobs?: boolean;
  /** Called for each new token. */
  readonly onToken?: (token: number, row: number) => void;
  /** Aborting rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Fills in the model's stop tokens. Throws GenerationError. */
export function checkOptions(
  model: CausalLm,
  longestPrompt: number,
  options: GenerateOptions,
): GenerateOptions & { readonly stopTokens: readonly number[] } {
  const { maxNewTokens, minNewTokens = 0, temperature = 0, topK, topP } = options;
  const isCount = Number.isSafeInteger;
  require(isCount(maxNewTokens) &&
    maxNewTokens > 0, 'maxNewTokens', 'a positive integer', maxNewTokens);
  require(isCount(minNewTokens) &&
    minNewTokens >= 0, 'minNewTokens', 'an integer ≥ 0', minNewTokens);
  require(temperature >= 0 && temperature < Infinity, 'temperature', 'a number ≥ 0', temperature);
  require(topK === undefined || (isCount(topK) && topK > 0), 'topK', 'a positive integer', topK);
  require(topP === undefined || (topP > 0 && topP <= 1), 'topP', 'a number in (0, 1]', topP);
  const room = model.shape.positionLimit - longestPrompt + 1; // the last token is not read again
  require(maxNewTokens <=
    room, 'maxNewTokens', `at most ${room}, the positions left`, maxNewTokens);
  return { ...options, stopTokens: options.stopTokens ?? stopTokensOf(model.config) };
}

function require(condition: boolean, name: string, expected: string, got: unknown): void {
  if (condition) return;
  throw new GenerationError(
    `generate: ${name}: expected ${expected}, got ${String(got)}. Change it.`,
  );
}
