/** Whole encodings of texts and pairs: encoded, truncated, post-processed, padded, in the order of Rust `tokenizers`. */
import type { AddedVocabulary } from '../added-tokens/added-vocabulary.ts';
import { specialFilter } from '../added-tokens/allowed-special.ts';
import type { TokenizerDefinition } from '../io/tokenizer-json.ts';
import type { PostProcessorPlan } from '../post-processors/post-processor.ts';
import { createSampler } from '../sampling/sampling.ts';
import type { EncodeFullOptions } from '../tokenizer-options.ts';
import type { Encoding } from './encoding.ts';
import { FullEncoder } from './full-encoder.ts';
import type { PaddingOptions } from './padding.ts';
import { padEncodings, parsePadding } from './padding.ts';
import { addedTokenCount, postProcess } from './post-process.ts';
import type { TruncationOptions } from './truncate.ts';
import { parseTruncation, truncateEncodings } from './truncate.ts';

/** One text, or two that belong together. */
export type EncodeInput = string | readonly [text: string, pair: string];

export class BatchEncoder {
  readonly full: FullEncoder;
  readonly #added: AddedVocabulary;
  readonly #plan: PostProcessorPlan;
  readonly #truncation: TruncationOptions | undefined;
  readonly #padding: PaddingOptions | undefined;

  constructor(definition: TokenizerDefinition, added: AddedVocabulary, plan: PostProcessorPlan) {
    this.full = new FullEncoder(definition, added);
    this.#added = added;
    this.#plan = plan;
    this.#truncation = parseTruncation(definition.truncation, 'truncation');
    this.#padding = parsePadding(definition.padding, 'padding');
  }

  /** @param padTokens What pads, where neither the options nor the tokenizer.json say. */
  encode(
    inputs: readonly EncodeInput[],
    options: EncodeFullOptions,
    padTokens: (padId: number | undefined) => { padId: number; padToken: string },
  ): Encoding[] {
    const encodings = inputs.map((input) =>
      typeof input === 'string'
        ? this.#encodeOne([input], options)
        : this.#encodeOne([input[0], input[1]], options),
    );
    const padding = options.padding ?? this.#padding ?? false;
    if (padding === false) return encodings;
    return padEncodings(encodings, { ...padTokens(padding.padId), ...padding });
  }

  #encodeOne(texts: readonly [string, string?], options: EncodeFullOptions): Encoding {
    const { addSpecialTokens = true, sampling } = options;
    const sampler = sampling && createSampler(sampling);
    const one = (text: string, sequence: 0 | 1): Encoding =>
      this.full.encode(text, sequence, specialFilter(text, this.#added.tokens, options), sampler);
    const [text, pair] = texts;
    let first = one(text, 0);
    let second = pair === undefined ? undefined : one(pair, 1);
    const truncation = options.truncation ?? this.#truncation ?? false;
    if (truncation !== false) {
      const added = addSpecialTokens ? addedTokenCount(this.#plan, pair !== undefined) : 0;
      const maxLength = Math.max(0, truncation.maxLength - added);
      [first, second] = truncateEncodings(first, second, { ...truncation, maxLength });
    }
    return postProcess(this.#plan, first, second, {
      addSpecialTokens,
      texts: pair === undefined ? [text] : [text, pair],
    });
  }
}
