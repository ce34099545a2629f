/** Options of the tokenizer's methods. */
import type { SpecialOptions } from './added-tokens/allowed-special.ts';
import type { PaddingOptions } from './encoding/padding.ts';
import type { TruncationOptions } from './encoding/truncate.ts';
import type { JsonObject } from './io/json-fields.ts';
import type { SamplingOptions } from './sampling/sampling.ts';

export interface EncodeOptions extends SpecialOptions {
  /** Run the post-processor, which adds tokens such as [CLS]. @default true */
  readonly addSpecialTokens?: boolean;
  /** A second text, for models that read pairs. */
  readonly pair?: string;
  /** Tokenize at random, for training. @default never */
  readonly sampling?: SamplingOptions;
}

export interface EncodeFullOptions extends EncodeOptions {
  /** False: never. @default as the tokenizer.json says */
  readonly truncation?: TruncationOptions | false;
  /** False: never. @default as the tokenizer.json says */
  readonly padding?: PaddingOptions | false;
}

export interface DecodeOptions {
  /** Leave special tokens out. @default false */
  readonly skipSpecialTokens?: boolean;
}

/** What stands beside a tokenizer.json: the roles of special tokens, and the chat template. */
export interface TokenizerRoles {
  readonly bosToken?: string | undefined;
  readonly eosToken?: string | undefined;
  readonly padToken?: string | undefined;
  readonly unkToken?: string | undefined;
  readonly chatTemplate?: string | undefined;
  /** All of tokenizer_config.json, as it was read; `save` writes it back. */
  readonly config?: JsonObject | undefined;
}
