/** Normalizers of tokenizer.json: text to text, before it is split. */
import { UnsupportedComponentError } from '../errors.ts';
import type { JsonObject } from '../io/json-fields.ts';
import {
  asArray,
  asObject,
  booleanField,
  componentType,
  formatError,
  stringField,
} from '../io/json-fields.ts';
import { parsePattern } from '../pre-tokenizers/pattern.ts';
import type { BertNormalizerOptions } from './bert.ts';
import { bertNormalizer } from './bert.ts';
import { accentStripper, lowercase } from './letters.ts';
import { nmt } from './nmt.ts';
import { Precompiled } from './precompiled.ts';
import { byteCharacters } from '../bpe/byte-alphabet.ts';

export type Normalize = (text: string) => string;

const NAMES =
  'BertNormalizer, ByteLevel, Lowercase, NFC, NFD, NFKC, NFKD, Nmt, Precompiled, Prepend, Replace, Sequence, Strip, StripAccents';

export function parseNormalizer(value: unknown, path: string): Normalize {
  const json = asObject(value, path);
  const type = componentType(json, path);
  switch (type) {
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD':
      return (text) => text.normalize(type);
    case 'Lowercase':
      return lowercase;
    case 'StripAccents':
      return accentStripper();
    case 'Nmt':
      return nmt;
    case 'Precompiled': {
      const rules = Precompiled.fromJSON(json, path);
      return (text) => rules.normalize(text);
    }
    case 'Strip': {
      const sides = parseStrip(json, path);
      return (text) => {
        const { start, end } = stripRange(text, sides);
        return text.slice(start, end);
      };
    }
    case 'Prepend':
      return prepend(stringField(json, 'prepend', path));
    case 'Replace':
      return replace(json, path);
    case 'ByteLevel':
      return (text) => byteCharacters(new TextEncoder().encode(text));
    case 'BertNormalizer':
      return bertNormalizer(parseBertOptions(json, path));
    case 'Sequence':
      return sequence(asArray(json['normalizers'], `${path}.normalizers`), `${path}.normalizers`);
    default:
      throw new UnsupportedComponentError(
        `${path}: expected a normalizer of ${NAMES}, got ${JSON.stringify(type)}.`,
      );
  }
}

export interface StripSides {
  readonly left: boolean;
  readonly right: boolean;
}

export function parseStrip(json: JsonObject, path: string): StripSides {
  return {
    left: booleanField(json, 'strip_left', path, true),
    right: booleanField(json, 'strip_right', path, true),
  };
}

/** What of the text is left when white space is cut off its ends. */
export function stripRange(
  text: string,
  { left, right }: StripSides,
): {
  start: number;
  end: number;
} {
  let start = 0;
  let end = text.length;
  const isSpace = (i: number): boolean => /\p{White_Space}/u.test(text.charAt(i));
  while (left && start < end && isSpace(start)) start++;
  while (right && end > start && isSpace(end - 1)) end--;
  return { start, end };
}

function prepend(prefix: string): Normalize {
  return (text) => (text === '' ? '' : prefix + text);
}

function replace(json: JsonObject, path: string): Normalize {
  const pattern = parsePattern(json['pattern'], `${path}.pattern`);
  const content = stringField(json, 'content', path);
  return (text) => text.replace(pattern, () => content);
}

export function parseBertOptions(json: JsonObject, path: string): BertNormalizerOptions {
  const stripAccents = json['strip_accents'];
  if (stripAccents !== undefined && stripAccents !== null && typeof stripAccents !== 'boolean') {
    throw formatError(`${path}.strip_accents`, 'true, false or null', stripAccents);
  }
  return {
    cleanText: booleanField(json, 'clean_text', path, true),
    handleChineseChars: booleanField(json, 'handle_chinese_chars', path, true),
    stripAccents: stripAccents ?? undefined,
    lowercase: booleanField(json, 'lowercase', path, true),
  };
}

function sequence(items: readonly unknown[], path: string): Normalize {
  const steps = items.map((item, i) => parseNormalizer(item, `${path}[${i}]`));
  return (text) => steps.reduce((current, step) => step(current), text);
}
