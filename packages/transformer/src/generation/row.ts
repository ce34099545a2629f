// One text in the making: what was read and written of it, its random numbers, its text.
import { Generator } from '@llm/tensor';
import type { CheckedOptions } from './options.ts';
import type { RowContext } from './processors/processor.ts';
import { StopText } from './stop-text.ts';

export interface Row extends RowContext {
  /** Place in the result. */
  readonly index: number;
  readonly tokens: number[];
  readonly generator: Generator;
  readonly text: StopText | null;
}

/** numReturnSequences rows for each prompt, those of a prompt side by side.
 *  @param beginnings what the decoder begins with, of each prompt */
export function makeRows(
  prompts: readonly (readonly number[])[],
  beginnings: readonly (readonly number[])[],
  options: CheckedOptions,
): Row[] {
  const { numReturnSequences: copies = 1, seed = 0, tokenizer, stopStrings } = options;
  const generators = rowGenerators(prompts.length, copies, seed);
  return generators.map((generator, index) => {
    const prompt = Math.floor(index / copies);
    const begun = beginnings[prompt]!;
    const text = tokenizer
      ? new StopText(tokenizer.decodeStream({ skipSpecialTokens: true }), stopStrings)
      : null;
    const sourceTokens = prompts[prompt]!;
    return { index, tokens: [...begun], promptLength: begun.length, sourceTokens, generator, text };
  });
}

/** A stream for each row, so that its text depends on the seed and its place alone; with a seed for each
 *  prompt on that seed alone. */
function rowGenerators(
  prompts: number,
  copies: number,
  seed: number | readonly number[],
): Generator[] {
  if (typeof seed === 'number') return streams(seed, prompts * copies);
  return seed.flatMap((own) => streams(own, copies));
}

function streams(seed: number, count: number): Generator[] {
  const seeds = new Generator(seed);
  return Array.from({ length: count }, () => new Generator(seeds.nextSeed()));
}
