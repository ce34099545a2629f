/** A trained model with the components that it was trained with. */
import { isObject } from '../io/json-fields.ts';
import type { TokenizerDefinition } from '../io/tokenizer-json.ts';
import type { Model } from '../model.ts';
import { META } from '../sentencepiece/definition.ts';
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
    preTokenizer: withReplacement(options.preTokenizer ?? null),
    postProcessor: null,
    truncation: null,
    padding: null,
    ...parts,
    decoder: withReplacement(parts.decoder ?? null),
  };
  return new Tokenizer(definition, { bosToken, eosToken, padToken, unkToken, chatTemplate });
}

/** Rust does not read a Metaspace that leaves out the character. */
function withReplacement(json: unknown): unknown {
  return isObject(json) && json['type'] === 'Metaspace' ? { replacement: META, ...json } : json;
}
