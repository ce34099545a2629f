// Greedy writing with an encoder–decoder.
import type { Seq2SeqLm } from '../models/seq2seq/seq2seq-lm.ts';
import { generate } from './generate.ts';

export interface TranslateOptions {
  /** Most tokens to write. */
  readonly maxNewTokens: number;
  /** The stop token cannot come before. @default 0 */
  readonly minNewTokens?: number;
  /** Ends a row; kept. @default the model's eosTokenId */
  readonly stopToken?: number;
  /** Aborting rejects with its reason. */
  readonly signal?: AbortSignal;
}

/** Writes the likeliest next token again and again for each source, given as token ids of any length.
 *  `generate` takes the same model and offers sampling, beams and the rest.
 *  @returns the new tokens of each row, without the start token */
export async function translate(
  model: Seq2SeqLm,
  sources: readonly (readonly number[])[],
  { stopToken, ...options }: TranslateOptions,
): Promise<number[][]> {
  const stop = stopToken === undefined ? {} : { stopTokens: [stopToken] };
  const { sequences } = await generate(model, sources, { ...options, ...stop });
  return sequences;
}
