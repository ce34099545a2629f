/** Pre-tokenizers of tokenizer.json: text to the pieces that the model sees one by one. */
import { UnsupportedComponentError } from '../errors.ts';
import type { JsonObject } from '../io/json-fields.ts';
import { asArray, asObject, booleanField, componentType, stringField } from '../io/json-fields.ts';
import { byteLevel } from './byte-level.ts';
import { bert, digits, punctuation, whitespace, whitespaceSplit } from './by-class.ts';
import { parsePattern } from './pattern.ts';
import { parseBehavior, splitBy } from './split.ts';

/** Pieces of one stretch of text. */
export type PreTokenize = (text: string) => string[];

const NAMES =
  'BertPreTokenizer, ByteLevel, CharDelimiterSplit, Digits, Punctuation, Sequence, Split, Whitespace, WhitespaceSplit';

export function parsePreTokenizer(value: unknown, path: string): PreTokenize {
  const json = asObject(value, path);
  const type = componentType(json, path);
  switch (type) {
    case 'ByteLevel':
      return byteLevel({
        addPrefixSpace: booleanField(json, 'add_prefix_space', path, true),
        useRegex: booleanField(json, 'use_regex', path, true),
      });
    case 'Digits':
      return digits(booleanField(json, 'individual_digits', path, false));
    case 'Split':
      return parseSplit(json, path);
    case 'BertPreTokenizer':
      return bert();
    case 'Punctuation':
      return punctuation(parseBehavior(json['behavior'] ?? 'Isolated', `${path}.behavior`));
    case 'Whitespace':
      return whitespace;
    case 'WhitespaceSplit':
      return whitespaceSplit;
    case 'CharDelimiterSplit':
      return delimiter(stringField(json, 'delimiter', path));
    case 'Sequence':
      return sequence(
        asArray(json['pretokenizers'], `${path}.pretokenizers`),
        `${path}.pretokenizers`,
      );
    default:
      throw new UnsupportedComponentError(
        `${path}: expected a pre-tokenizer of ${NAMES}, got ${JSON.stringify(type)}.`,
      );
  }
}

function parseSplit(json: JsonObject, path: string): PreTokenize {
  const pattern = parsePattern(json['pattern'], `${path}.pattern`);
  const behavior = parseBehavior(json['behavior'], `${path}.behavior`);
  const invert = booleanField(json, 'invert', path, false);
  return (text) => splitBy(text, pattern, behavior, invert);
}

function delimiter(character: string): PreTokenize {
  return (text) => text.split(character).filter((piece) => piece !== '');
}

function sequence(items: readonly unknown[], path: string): PreTokenize {
  const steps = items.map((item, i) => parsePreTokenizer(item, `${path}[${i}]`));
  return (text) => steps.reduce((pieces: string[], step) => pieces.flatMap(step), [text]);
}
