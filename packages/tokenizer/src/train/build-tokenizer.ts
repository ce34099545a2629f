/** A trained model with the components that it was trained with. */
import type { TokenizerDefinition } from '../io/tokenizer-json.ts';
import type { Model } from '../model.ts';
import { Tokenizer } from '../tokenizer.ts';
import type { CorpusOptions } from './corpus-words.ts';

export function buildTrained(
  model: Model,
  options: CorpusOptions,
  parts: Partial<TokenizerDefinition>,
): Tokenizer {
  const { bosToken, eosToken, padToken, unkToken, chatTemplate } = options;
  const definition = {
    model,
    addedTokens: [...new Set(options.specialTokens ?? [])].map((content) => ({
      id: model.tokenToId(content) as number,
      content,
      special: true,
      singleWord: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
    })),
    normalizer: options.normalizer ?? null,
    preTokenizer: options.preTokenizer ?? null,
    postProcessor: null,
    decoder: null,
    truncation: null,
    padding: null,
    ...parts,
  };
  return new Tokenizer(definition, { bosToken, eosToken, padToken, unkToken, chatTemplate });
}
