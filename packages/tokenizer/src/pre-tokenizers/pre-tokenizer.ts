/** Pre-tokenizers of tokenizer.json: text to the pieces that the model sees one by one. */
import { UnsupportedComponentError } from '../errors.ts';
import type { JsonObject } from '../io/json-fields.ts';
import {
  asArray,
  asObject,
  booleanField,
  componentType,
  formatError,
  integerField,
  stringField,
} from '../io/json-fields.ts';
import type { ByteLevelOptions } from './byte-level.ts';
import { byteLevel } from './byte-level.ts';
import { bert, digits, fixedLength, punctuation, whitespace, whitespaceSplit } from './by-class.ts';
import { metaspacePieces, parseMetaspace } from './metaspace.ts';
import { escapeLiteral, parsePattern } from './pattern.ts';
import type { Splitter } from './split.ts';
import { parseBehavior, piecesOf, splitter } from './split.ts';
import { unicodeScripts } from './unicode-scripts.ts';

/** Pieces of one stretch of text. `isFirst` (true unless given) says that the stretch begins the whole text. */
export type PreTokenize = (text: string, isFirst?: boolean) => string[];

const NAMES =
  'BertPreTokenizer, ByteLevel, CharDelimiterSplit, Digits, FixedLength, Metaspace, Punctuation, Sequence, Split, UnicodeScripts, Whitespace, WhitespaceSplit';

export function parsePreTokenizer(value: unknown, path: string): PreTokenize {
  const json = asObject(value, path);
  switch (componentType(json, path)) {
    case 'ByteLevel':
      return byteLevel(parseByteLevel(json, path));
    case 'Metaspace': {
      const metaspace = parseMetaspace(json, path);
      return (text, isFirst = true) => metaspacePieces(metaspace, text, isFirst);
    }
    case 'Sequence': {
      const items = preTokenizerItems(json, path);
      return sequence(items.map((item, i) => parsePreTokenizer(item, sequencePath(path, i))));
    }
    default: {
      const split = parseSplitter(json, path);
      return (text) => piecesOf(text, split);
    }
  }
}

export function preTokenizerItems(json: JsonObject, path: string): readonly unknown[] {
  return asArray(json['pretokenizers'], `${path}.pretokenizers`);
}

export function sequencePath(path: string, i: number): string {
  return `${path}.pretokenizers[${i}]`;
}

export function parseByteLevel(json: JsonObject, path: string): ByteLevelOptions {
  return {
    addPrefixSpace: booleanField(json, 'add_prefix_space', path, true),
    useRegex: booleanField(json, 'use_regex', path, true),
  };
}

/** The pre-tokenizers that only cut, and change no character. */
export function parseSplitter(json: JsonObject, path: string): Splitter {
  const type = componentType(json, path);
  switch (type) {
    case 'Digits':
      return digits(booleanField(json, 'individual_digits', path, false));
    case 'Split':
      return parseSplit(json, path);
    case 'BertPreTokenizer':
      return bert();
    case 'Punctuation':
      return punctuation(parseBehavior(json['behavior'] ?? 'Isolated', `${path}.behavior`));
    case 'Whitespace':
      return whitespace();
    case 'WhitespaceSplit':
      return whitespaceSplit();
    case 'CharDelimiterSplit':
      return delimiter(stringField(json, 'delimiter', path));
    case 'UnicodeScripts':
      return unicodeScripts();
    case 'FixedLength':
      return fixedLength(positive(json, 'length', path));
    default:
      throw new UnsupportedComponentError(
        `${path}: expected a pre-tokenizer of ${NAMES}, got ${JSON.stringify(type)}.`,
      );
  }
}

function positive(json: JsonObject, key: string, path: string): number {
  const value = integerField(json, key, path, 5);
  if (value < 1) throw formatError(`${path}.${key}`, 'at least 1', value);
  return value;
}

function parseSplit(json: JsonObject, path: string): Splitter {
  const pattern = parsePattern(json['pattern'], `${path}.pattern`);
  const behavior = parseBehavior(json['behavior'], `${path}.behavior`);
  return splitter(pattern, behavior, booleanField(json, 'invert', path, false));
}

function delimiter(character: string): Splitter {
  return splitter(new RegExp(escapeLiteral(character), 'gu'), 'Removed');
}

function sequence(steps: readonly PreTokenize[]): PreTokenize {
  return (text, isFirst = true) =>
    steps.reduce(
      (pieces: string[], step) =>
        // The first piece still begins the text unless what came before it was dropped.
        pieces.flatMap((piece, i) => step(piece, isFirst && i === 0 && text.startsWith(piece))),
      [text],
    );
}
