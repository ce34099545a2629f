/** The normalizers on text that knows its origin. The text is that of `parseNormalizer`; the tests compare the two. */
import type { AlignedText } from '../alignment/aligned-text.ts';
import { normalizeAligned } from '../alignment/unicode-forms.ts';
import { byteCharacters } from '../bpe/byte-alphabet.ts';
import { asArray, asObject, componentType, stringField } from '../io/json-fields.ts';
import type { JsonObject } from '../io/json-fields.ts';
import { parsePattern } from '../pre-tokenizers/pattern.ts';
import { bertNormalizer } from './bert.ts';
import { lowercase } from './letters.ts';
import { parseBertOptions, parseNormalizer, parseStrip, stripRange } from './normalizer.ts';
import { Precompiled } from './precompiled.ts';

export type AlignedNormalize = (text: AlignedText) => AlignedText;

export function parseAlignedNormalizer(value: unknown, path: string): AlignedNormalize {
  const json = asObject(value, path);
  const type = componentType(json, path);
  switch (type) {
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD':
      return (text) => normalizeAligned(text, type);
    case 'Strip': {
      const sides = parseStrip(json, path);
      return (text) => {
        const { start, end } = stripRange(text.text, sides);
        const { origin } = text;
        const kept = text.slice(start, end);
        // Stripping drops text, not the knowledge of where the stretch began.
        return Object.assign(kept, { origin });
      };
    }
    case 'Prepend': {
      const prefix = stringField(json, 'prepend', path);
      return (text) => text.prepend(prefix);
    }
    case 'Replace':
      return alignedReplace(json, path);
    case 'Precompiled': {
      const rules = Precompiled.fromJSON(json, path);
      return (text) => rules.normalizeAligned(text);
    }
    case 'BertNormalizer':
      return alignedBert(json, path);
    case 'Sequence': {
      const steps = asArray(json['normalizers'], `${path}.normalizers`).map((item, i) =>
        parseAlignedNormalizer(item, `${path}.normalizers[${i}]`),
      );
      return (text) => steps.reduce((current, step) => step(current), text);
    }
    case 'ByteLevel': {
      const encoder = new TextEncoder();
      return (text) => text.mapCharacters((part) => byteCharacters(encoder.encode(part)));
    }
    case 'Lowercase':
      return (text) => text.mapCharacters(lowercase);
    default: {
      // The others treat each character by itself; a name that is not known is an error here too.
      const normalize = parseNormalizer(json, path);
      return (text) => text.mapCharacters(normalize);
    }
  }
}

function alignedReplace(json: JsonObject, path: string): AlignedNormalize {
  const pattern = parsePattern(json['pattern'], `${path}.pattern`);
  const content = stringField(json, 'content', path);
  return (text) => text.replace(pattern, content);
}

/** Stripping accents looks at neighbours (canonical order); the other steps do not. */
function alignedBert(json: JsonObject, path: string): AlignedNormalize {
  const options = parseBertOptions(json, path);
  const { lowercase: lowers, stripAccents = lowers } = options;
  const clean = bertNormalizer({ ...options, stripAccents: false, lowercase: false });
  const strip = bertNormalizer({
    cleanText: false,
    handleChineseChars: false,
    stripAccents: true,
    lowercase: false,
  });
  return (text) => {
    let result = text.mapCharacters(clean);
    if (stripAccents) result = normalizeAligned(result, 'NFD').mapCharacters(strip);
    return lowers ? result.mapCharacters(lowercase) : result;
  };
}
