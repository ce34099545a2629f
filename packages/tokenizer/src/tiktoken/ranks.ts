/**
 * tiktoken's rank files: a line for each token, its bytes in base64 and its rank, which is its id and the order of its
 * merge. A merge list follows: below its own rank, a token's bytes merge to the two parts that it joins.
 */
import { byteCharacters, tokenBytes } from '../bpe/byte-alphabet.ts';
import type { Merge } from '../bpe/merges.ts';
import { BpeModel } from '../bpe/bpe-model.ts';
import { MergeTable } from '../bpe/merge-table.ts';
import { mergeSymbols } from '../bpe/merge-symbols.ts';
import { TokenizerError, UnsupportedComponentError } from '../errors.ts';
import { formatError } from '../io/json-fields.ts';
import type { TokenizerDefinition } from '../io/tokenizer-json.ts';
import { MAX_TOKEN_ID, Vocabulary } from '../vocabulary.ts';
import type { TiktokenEncoding } from './encodings.ts';
import { ENCODING_NAMES, encodingNamed } from './encodings.ts';

/** The name of a public encoding, or its parts. */
export type TiktokenOptions = { readonly encoding: string } | TiktokenEncoding;

export function tiktokenDefinition(
  ranks: string,
  options: TiktokenOptions,
  path: string,
): TokenizerDefinition {
  const { pattern, specialTokens } = resolve(options);
  const tokens = parseRanks(ranks, path);
  const byteLevel = {
    type: 'ByteLevel',
    add_prefix_space: false,
    trim_offsets: true,
    use_regex: false,
  };
  const split = { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false };
  return {
    model: new BpeModel(Vocabulary.fromSparseTokens(tokens), findMerges(tokens), {
      ignoreMerges: true,
    }),
    addedTokens: Object.entries(specialTokens).map(([content, id]) => ({
      id,
      content,
      special: true,
      singleWord: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
    })),
    normalizer: null,
    preTokenizer: { type: 'Sequence', pretokenizers: [split, byteLevel] },
    postProcessor: byteLevel,
    decoder: { ...byteLevel, use_regex: true },
    truncation: null,
    padding: null,
  };
}

function resolve(options: TiktokenOptions): TiktokenEncoding {
  if (!('encoding' in options)) return options;
  const found = encodingNamed(options.encoding);
  if (found !== undefined) return found;
  throw new TokenizerError(
    `fromTiktoken: encoding: expected one of ${ENCODING_NAMES.join(', ')}, got ${JSON.stringify(options.encoding)}. Give pattern and specialTokens instead.`,
  );
}

/** Tokens by rank, in the byte alphabet. */
export function parseRanks(text: string, path: string): (string | undefined)[] {
  const tokens: (string | undefined)[] = [];
  text.split('\n').forEach((line, number) => {
    if (line === '' || line === '\r') return;
    const blank = line.indexOf(' ');
    const rank = Number(line.slice(blank + 1));
    const bytes = blank < 0 ? undefined : fromBase64(line.slice(0, blank));
    if (bytes === undefined || !Number.isInteger(rank) || rank < 0 || rank > MAX_TOKEN_ID)
      throw formatError(`${path}: line ${number + 1}`, 'base64 and a rank', line);
    while (tokens.length < rank) tokens.push(undefined);
    if (tokens[rank] !== undefined)
      throw formatError(`${path}: line ${number + 1}`, 'a rank that no line before has', line);
    tokens[rank] = byteCharacters(bytes);
  });
  return tokens;
}

function fromBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/** For each token the two parts that its bytes come to under the merges before; a token that does not is only found whole. */
function findMerges(tokens: readonly (string | undefined)[]): Merge[] {
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const table = new MergeTable(tokens.length);
  const merges: Merge[] = [];
  let symbols = new Int32Array(256);
  tokens.forEach((token, id) => {
    if (token === undefined || token.length < 2) return;
    if (token.length > symbols.length) symbols = new Int32Array(token.length * 2);
    for (let i = 0; i < token.length; i++) {
      const byte = ids.get(token[i]);
      if (byte === undefined) return;
      symbols[i] = byte;
    }
    if (mergeSymbols(table, symbols, token.length) !== 2) return;
    const [left, right] = [symbols[0] as number, symbols[1] as number];
    table.add(left, right, id, id);
    merges.push([tokens[left] as string, tokens[right] as string]);
  });
  return merges;
}

/** The rank file of a byte-level BPE tokenizer whose merges are in the order of the ids. */
export function tiktokenRanks({ model, normalizer }: TokenizerDefinition): string {
  if (!(model instanceof BpeModel)) throw refuse('model', 'byte-level BPE', model.type);
  if (normalizer !== null) throw refuse('normalizer', 'none', 'one');
  let last = -1;
  for (const [left, right] of model.merges) {
    const id = model.tokenToId(left + right) as number;
    if (id < last) throw refuse('merges', 'merges in the order of the ids', `${left} ${right}`);
    last = id;
  }
  const lines: string[] = [];
  model.vocabulary.tokens.forEach((token, id) => {
    if (token === undefined) return;
    const bytes = tokenBytes(token);
    if (bytes === undefined) throw refuse('vocabulary', 'byte-level tokens', JSON.stringify(token));
    lines.push(`${btoa(String.fromCharCode(...bytes))} ${id}\n`);
  });
  return lines.join('');
}

function refuse(part: string, expected: string, got: string): UnsupportedComponentError {
  return new UnsupportedComponentError(
    `save: ${part}: expected ${expected}, which a rank file can hold, got ${got}. Save a tokenizer.json.`,
  );
}
