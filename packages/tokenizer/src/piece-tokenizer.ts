/** How a tokenizer turns a stretch of text into ids: the fastest way that its parts allow. */
import { BpeModel } from './bpe/bpe-model.ts';
import { ByteLevelEncoder } from './bpe/byte-level-encoder.ts';
import type { JsonObject } from './io/json-fields.ts';
import type { TokenizerDefinition } from './io/tokenizer-json.ts';
import type { Model } from './model.ts';
import { parseBertOptions } from './normalizers/normalizer.ts';
import { knownScanner } from './pre-tokenizers/known-scanner.ts';
import { parsePreTokenizer } from './pre-tokenizers/pre-tokenizer.ts';
import { fusedMetaTokenizer, LazyTokenizer, metaTokenizer } from './pieces/meta-tokenizer.ts';
import type { StretchTokenizer } from './pieces/stretch-tokenizer.ts';
import { wellFormed } from './unicode/well-formed.ts';
import { UnigramModel } from './unigram/unigram-model.ts';
import { BertEncoder } from './wordpiece/bert-encoder.ts';
import { isBert } from './wordpiece/blank-words.ts';
import { WordPieceModel } from './wordpiece/word-piece-model.ts';

/**
 * Metaspace with the scheme `first` puts ▁ only before what began the original text; after a normalizer that may have
 * removed its beginning, only text that knows its origin can tell.
 */
export function asksForOrigin({ normalizer, preTokenizer }: TokenizerDefinition): boolean {
  return normalizer !== null && JSON.stringify(preTokenizer).includes('"prepend_scheme":"first"');
}

/** Normalizer, pre-tokenizer and model in one, where words can be taken one by one. */
export function fusedTokenizer(
  definition: TokenizerDefinition,
  normalize: (text: string) => string,
): StretchTokenizer | undefined {
  // Such tokens are looked for in the normalized text.
  if (definition.addedTokens.some((token) => token.normalized)) return undefined;
  const { model, normalizer, preTokenizer } = definition;
  if (!(model instanceof WordPieceModel))
    return fusedMetaTokenizer(definition, () => normalizedFirst(definition, normalize));
  if (!isBert(normalizer, preTokenizer)) return undefined;
  const { stripAccents, lowercase, handleChineseChars } = parseBertOptions(
    normalizer as JsonObject,
    'normalizer',
  );
  return new BertEncoder({
    model,
    normalize,
    split: parsePreTokenizer(preTokenizer, 'pre_tokenizer'),
    stripsAccents: stripAccents ?? lowercase,
    cutsIdeographs: handleChineseChars,
  });
}

function normalizedFirst(
  definition: TokenizerDefinition,
  normalize: (text: string) => string,
): StretchTokenizer {
  const rest = pieceTokenizer(definition);
  return {
    encode: (text, output, isFirst) => rest.encode(normalize(text), output, isFirst),
    clearCache: () => rest.clearCache(),
  };
}

/** Pre-tokenizer and model in one: the ids of a stretch of normalized text. */
export function pieceTokenizer(definition: TokenizerDefinition): StretchTokenizer {
  const { model, preTokenizer } = definition;
  const scanner = model instanceof BpeModel ? knownScanner(preTokenizer) : undefined;
  if (model instanceof BpeModel && scanner !== undefined) {
    const fast = ByteLevelEncoder.create(model, scanner);
    if (fast !== undefined) return fast;
  }
  const general = generalTokenizer(preTokenizer, model);
  if (model instanceof UnigramModel || model instanceof BpeModel)
    return new LazyTokenizer(() => metaTokenizer(definition) ?? general);
  return general;
}

function generalTokenizer(preTokenizer: unknown, model: Model): StretchTokenizer {
  if (preTokenizer === null)
    return uncached((text, output) => model.tokenize(wellFormed(text), output));
  const split = parsePreTokenizer(preTokenizer, 'pre_tokenizer');
  return uncached((text, output, isFirst) => {
    for (const piece of split(wellFormed(text), isFirst)) model.tokenize(piece, output);
  });
}

function uncached(encode: StretchTokenizer['encode']): StretchTokenizer {
  return { encode, clearCache: () => undefined };
}
