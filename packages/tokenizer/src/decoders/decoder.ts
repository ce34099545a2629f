/**
 * Decoders of tokenizer.json. A decoder maps the list of tokens to a list of strings; joined, they are the text.
 */
import { UnsupportedComponentError } from '../errors.ts';
import type { JsonObject } from '../io/json-fields.ts';
import {
  asArray,
  asObject,
  booleanField,
  componentType,
  integerField,
  optionalString,
  stringField,
} from '../io/json-fields.ts';
import type { Metaspace } from '../pre-tokenizers/metaspace.ts';
import { parseMetaspace } from '../pre-tokenizers/metaspace.ts';
import { parsePattern } from '../pre-tokenizers/pattern.ts';
import { byteLevelDecoder } from './byte-level.ts';
import { ctcDecoder } from './ctc.ts';
import { wordPieceDecoder } from './word-piece.ts';

export type DecodeChain = (tokens: string[]) => string[];

const NAMES =
  'BPEDecoder, ByteFallback, ByteLevel, CTC, Fuse, Metaspace, Replace, Sequence, Strip, WordPiece';

export function parseDecoder(value: unknown, path: string): DecodeChain {
  const json = asObject(value, path);
  const type = componentType(json, path);
  switch (type) {
    case 'ByteLevel':
      return byteLevelDecoder;
    case 'ByteFallback':
      return byteFallbackDecoder;
    case 'Fuse':
      return (tokens) => [tokens.join('')];
    case 'BPEDecoder':
      return bpeDecoder(optionalString(json, 'suffix', path) ?? '</w>');
    case 'WordPiece':
      return wordPieceDecoder(
        optionalString(json, 'prefix', path) ?? '##',
        booleanField(json, 'cleanup', path, true),
      );
    case 'Metaspace':
      return metaspaceDecoder(parseMetaspace(json, path));
    case 'CTC':
      return ctcDecoder({
        padToken: optionalString(json, 'pad_token', path) ?? '<pad>',
        wordDelimiter: optionalString(json, 'word_delimiter_token', path) ?? '|',
        cleanup: booleanField(json, 'cleanup', path, true),
      });
    case 'Replace':
      return replaceDecoder(json, path);
    case 'Strip':
      return stripDecoder(json, path);
    case 'Sequence':
      return sequence(asArray(json['decoders'], `${path}.decoders`), `${path}.decoders`);
    default:
      throw new UnsupportedComponentError(
        `${path}: expected a decoder of ${NAMES}, got ${JSON.stringify(type)}.`,
      );
  }
}

/** Runs of `<0xNN>` become their text; a run that is not valid UTF-8 becomes one U+FFFD for each byte. */
const byteFallbackDecoder: DecodeChain = (tokens) => {
  const result: string[] = [];
  let run: number[] = [];
  const flush = (): void => {
    if (run.length === 0) return;
    try {
      result.push(
        new TextDecoder('utf-8', { ignoreBOM: true, fatal: true }).decode(Uint8Array.from(run)),
      );
    } catch {
      result.push(...run.map(() => '\uFFFD'));
    }
    run = [];
  };
  for (const token of tokens) {
    const hex = /^<0x([0-9A-Fa-f]{2})>$/u.exec(token)?.[1];
    if (hex !== undefined) run.push(Number.parseInt(hex, 16));
    else {
      flush();
      result.push(token);
    }
  }
  flush();
  return result;
};

function bpeDecoder(suffix: string): DecodeChain {
  return (tokens) =>
    tokens.map((token, i) => token.replaceAll(suffix, i === tokens.length - 1 ? '' : ' '));
}

/** The first token's ▁ is the one that was put before the text, if one was. */
function metaspaceDecoder({ replacement, prependScheme }: Metaspace): DecodeChain {
  return (tokens) =>
    tokens.map((token, i) =>
      token.replaceAll(replacement, i === 0 && prependScheme !== 'never' ? '' : ' '),
    );
}

function replaceDecoder(json: JsonObject, path: string): DecodeChain {
  const pattern = parsePattern(json['pattern'], `${path}.pattern`);
  const content = stringField(json, 'content', path);
  return (tokens) => tokens.map((token) => token.replace(pattern, () => content));
}

/** Removes up to `start` and `stop` copies of a character from the ends of every token. */
function stripDecoder(json: JsonObject, path: string): DecodeChain {
  const content = stringField(json, 'content', path);
  const atStart = integerField(json, 'start', path, 0);
  const atEnd = integerField(json, 'stop', path, 0);
  return (tokens) =>
    tokens.map((token) => {
      let result = token;
      for (let i = 0; i < atStart && result.startsWith(content); i++)
        result = result.slice(content.length);
      for (let i = 0; i < atEnd && result.endsWith(content); i++)
        result = result.slice(0, -content.length);
      return result;
    });
}

function sequence(items: readonly unknown[], path: string): DecodeChain {
  const steps = items.map((item, i) => parseDecoder(item, `${path}[${i}]`));
  return (tokens) => steps.reduce((current, step) => step(current), tokens);
}
