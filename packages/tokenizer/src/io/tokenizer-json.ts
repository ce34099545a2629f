/**
 * tokenizer.json, the format of Hugging Face `tokenizers`: reading to a definition and the live parts, and writing.
 * Component objects are kept as they were read, so that writing gives them back unchanged; a component that this
 * package does not know is an error that names it, never a silent difference.
 */
import type { AddedToken } from '../added-tokens/added-token.ts';
import { addedTokenToJson, parseAddedTokens } from '../added-tokens/added-token.ts';
import { BpeModel } from '../bpe/bpe-model.ts';
import { TokenizerFormatError, UnsupportedComponentError } from '../errors.ts';
import type { Model } from '../model.ts';
import { UnigramModel } from '../unigram/unigram-model.ts';
import { WordLevelModel } from '../wordlevel/word-level-model.ts';
import { WordPieceModel } from '../wordpiece/word-piece-model.ts';
import type { PackedModel, PackedTokenizerJson } from '../packed/packed-model.ts';
import { readPacked } from '../packed/packed-model.ts';
import { wellFormed } from '../unicode/well-formed.ts';
import type { JsonObject } from './json-fields.ts';
import { asObject, isObject } from './json-fields.ts';
import { LONGEST_RULE } from '../normalizers/precompiled.ts';

/** Everything that a tokenizer.json says. The components stay JSON; `Tokenizer` builds them. */
export interface TokenizerDefinition {
  readonly model: Model;
  readonly addedTokens: readonly AddedToken[];
  readonly normalizer: unknown;
  readonly preTokenizer: unknown;
  readonly postProcessor: unknown;
  readonly decoder: unknown;
  /** `encodeFull` and `encodeBatch` follow these two; `encode` neither truncates nor pads. */
  readonly truncation: unknown;
  readonly padding: unknown;
}

const KNOWN_KEYS = new Set([
  'version',
  'truncation',
  'padding',
  'added_tokens',
  'normalizer',
  'pre_tokenizer',
  'post_processor',
  'decoder',
  'model',
]);

/** @param json The parsed document, or its text, or that in UTF-8. */
export function parseTokenizerJson(json: unknown, path = 'tokenizer.json'): TokenizerDefinition {
  const bytes = json instanceof Uint8Array ? json : bytesOf(json);
  const packed = bytes && readPacked(bytes);
  if (packed !== undefined && fits(packed)) return definitionOf(packed.rest, path, packed.model);
  const text = json instanceof Uint8Array ? new TextDecoder().decode(json) : json;
  return definitionOf(typeof text === 'string' ? parseText(text, path) : text, path);
}

/** Text with a lone surrogate has no UTF-8. */
function bytesOf(json: unknown): Uint8Array | undefined {
  return typeof json === 'string' && wellFormed(json) === json
    ? new TextEncoder().encode(json)
    : undefined;
}

/** Whether what was read is what the type of model needs; if not, the ordinary way says what is wrong. */
function fits({ rest, model: { scores, merges } }: PackedTokenizerJson): boolean {
  const json = isObject(rest) ? rest['model'] : undefined;
  if (!isObject(json) || typeof json['type'] !== 'string') return false;
  const isBpe = json['type'] === 'BPE';
  if (isBpe && json['continuing_subword_prefix']) return false;
  return (
    isBpe === (merges !== undefined) && (json['type'] === 'Unigram') === (scores !== undefined)
  );
}

function definitionOf(json: unknown, path: string, packed?: PackedModel): TokenizerDefinition {
  const root = asObject(json, path);
  const unknown = Object.keys(root).find((key) => !KNOWN_KEYS.has(key));
  if (unknown !== undefined) {
    throw new UnsupportedComponentError(
      `${path}: expected only ${[...KNOWN_KEYS].join(', ')}, got ${JSON.stringify(unknown)}. Remove it, or update this package.`,
    );
  }
  return {
    model: parseModel(root['model'], `${path}: model`, packed),
    addedTokens: parseAddedTokens(root['added_tokens'], `${path}: added_tokens`),
    normalizer: root['normalizer'] ?? null,
    preTokenizer: root['pre_tokenizer'] ?? null,
    postProcessor: root['post_processor'] ?? null,
    decoder: root['decoder'] ?? null,
    truncation: root['truncation'] ?? null,
    padding: root['padding'] ?? null,
  };
}

function parseText(text: string, path: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const reason = String(error).replaceAll(/\s+/g, ' '); // it quotes the text, line breaks and all
    throw new TokenizerFormatError(`${path}: expected JSON, got text that is not (${reason}).`);
  }
}

function parseModel(value: unknown, path: string, packed?: PackedModel): Model {
  const json = asObject(value, path);
  const type = json['type'] ?? guessType(json);
  switch (type) {
    case 'BPE':
      return BpeModel.fromJSON(json, path, packed);
    case 'WordPiece':
      return WordPieceModel.fromJSON(json, path, packed);
    case 'Unigram':
      return UnigramModel.fromJSON(json, path, packed);
    case 'WordLevel':
      return WordLevelModel.fromJSON(json, path, packed);
    default:
      throw new UnsupportedComponentError(
        `${path}: expected a model of BPE, Unigram, WordLevel, WordPiece, got ${JSON.stringify(type)}.`,
      );
  }
}

/** The oldest files name no type. */
function guessType(json: JsonObject): string | undefined {
  if (json['merges'] !== undefined) return 'BPE';
  return Array.isArray(json['vocab']) ? 'Unigram' : undefined;
}

export function tokenizerJson(definition: TokenizerDefinition): unknown {
  return {
    version: '1.0',
    truncation: definition.truncation,
    padding: definition.padding,
    added_tokens: definition.addedTokens.map(addedTokenToJson),
    normalizer: withoutLongestRule(definition.normalizer),
    pre_tokenizer: definition.preTokenizer,
    post_processor: definition.postProcessor,
    decoder: definition.decoder,
    model: definition.model.toJSON(),
  };
}

/** A tokenizer.json means what Rust makes of it, which takes a charsmap's shortest rule. */
function withoutLongestRule(normalizer: unknown): unknown {
  if (!isObject(normalizer)) return normalizer;
  const { [LONGEST_RULE]: _, normalizers, ...json } = normalizer;
  return Array.isArray(normalizers)
    ? { ...json, normalizers: normalizers.map(withoutLongestRule) }
    : normalizers === undefined
      ? json
      : normalizer;
}
