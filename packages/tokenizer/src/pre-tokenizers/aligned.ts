/** The pre-tokenizers on text that knows its origin; piece for piece as `parsePreTokenizer`. */
import { BYTE_CHARACTERS } from '../bpe/byte-alphabet.ts';
import type { AlignedText } from '../alignment/aligned-text.ts';
import { asObject, componentType } from '../io/json-fields.ts';
import type { ByteLevelOptions } from './byte-level.ts';
import { gpt2Pattern } from './byte-level.ts';
import type { Metaspace } from './metaspace.ts';
import { isPrepended, parseMetaspace } from './metaspace.ts';
import { escapeLiteral } from './pattern.ts';
import { parseByteLevel, parseSplitter, preTokenizerItems, sequencePath } from './pre-tokenizer.ts';
import type { Splitter } from './split.ts';
import { splitter } from './split.ts';

export type AlignedPreTokenize = (text: AlignedText) => AlignedText[];

export function parseAlignedPreTokenizer(value: unknown, path: string): AlignedPreTokenize {
  const json = asObject(value, path);
  switch (componentType(json, path)) {
    case 'ByteLevel':
      return alignedByteLevel(parseByteLevel(json, path));
    case 'Metaspace':
      return alignedMetaspace(parseMetaspace(json, path));
    case 'Sequence': {
      const steps = preTokenizerItems(json, path).map((item, i) =>
        parseAlignedPreTokenizer(item, sequencePath(path, i)),
      );
      return (text) => steps.reduce((pieces: AlignedText[], step) => pieces.flatMap(step), [text]);
    }
    default:
      return cut(parseSplitter(json, path));
  }
}

function cut(split: Splitter): AlignedPreTokenize {
  return (text) => split(text.text).map(({ start, end }) => text.slice(start, end));
}

function alignedByteLevel(options: ByteLevelOptions): AlignedPreTokenize {
  const encoder = new TextEncoder();
  const split = cut(splitter(gpt2Pattern(), 'Isolated'));
  const toBytes = (character: string): string => {
    let bytes = '';
    for (const byte of encoder.encode(character)) bytes += BYTE_CHARACTERS[byte] as string;
    return bytes;
  };
  return (text) => {
    if (text.text === '') return [];
    const isPrefixed = options.addPrefixSpace && !text.text.startsWith(' ');
    const prefixed = isPrefixed ? text.prepend(' ') : text;
    const pieces = options.useRegex ? split(prefixed) : [prefixed];
    return pieces.map((piece) => piece.mapCharacters(toBytes));
  };
}

function alignedMetaspace(metaspace: Metaspace): AlignedPreTokenize {
  const { replacement } = metaspace;
  const pieces = cut(splitter(new RegExp(escapeLiteral(replacement), 'gu'), 'MergedWithNext'));
  return (text) => {
    if (text.text === '') return [];
    const replaced = text.mapCharacters((character) =>
      character === ' ' ? replacement : character,
    );
    const isFirst = text.origin === 0;
    const whole = isPrepended(metaspace, replaced.text, isFirst)
      ? replaced.prepend(replacement)
      : replaced;
    return metaspace.split ? pieces(whole) : [whole];
  };
}
