/**
 * The large parts of a tokenizer.json, vocabulary and merges, read from its bytes straight into typed arrays; what is left
 * is small and goes through `JSON.parse`. A file that is anything but ordinary is left to the other way
 * (undefined), which names what is wrong.
 */
import { MergeTable } from '../bpe/merge-table.ts';
import { MAX_TOKEN_ID } from '../vocabulary.ts';
import { JsonBytes, NotPacked } from './json-bytes.ts';
import type { PackedTokens } from './packed-tokens.ts';
import { hashByte, HASH_START, PackedTokensBuilder } from './packed-tokens.ts';

export interface PackedModel {
  readonly tokens: PackedTokens;
  /** Of Unigram's pieces. */
  readonly scores?: Float64Array;
  readonly merges?: MergeTable;
}

export interface PackedTokenizerJson {
  /** The document without `model.vocab` and `model.merges`. */
  readonly rest: unknown;
  readonly model: PackedModel;
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** Below this the ordinary way is fast enough. */
const SMALL = 1 << 14;

export function readPacked(bytes: Uint8Array): PackedTokenizerJson | undefined {
  if (bytes.length < SMALL) return undefined;
  try {
    const parts = new ModelParts(bytes);
    parts.readDocument();
    const model = parts.model();
    return model && { rest: parseRest(bytes, [...parts.spans.values()]), model };
  } catch (error) {
    if (error instanceof NotPacked || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** One pass over the document; merges that stand before the vocabulary are read afterwards. */
class ModelParts {
  readonly spans = new Map<string, Span>();
  readonly #reader: JsonBytes;
  #tokens: PackedTokens | undefined;
  #scores: Float64Array | undefined;
  #merges: MergeTable | undefined;

  constructor(bytes: Uint8Array) {
    this.#reader = new JsonBytes(bytes);
  }

  readDocument(): void {
    const reader = this.#reader;
    reader.object((key) => {
      if (key !== 'model') return reader.skipValue();
      if (this.spans.size > 0) throw new NotPacked();
      reader.object((part) => this.#readPart(part));
    });
    if (reader.peek() !== undefined) throw new NotPacked();
  }

  #readPart(part: string): void {
    const reader = this.#reader;
    const isArray = reader.peek() === 0x5b;
    const start = reader.at;
    if (part === 'vocab' && isArray) this.#readPieces();
    else if (part === 'vocab') this.#tokens = readVocabulary(reader);
    else if (part === 'merges' && this.#tokens !== undefined)
      this.#merges = readMerges(reader, this.#tokens);
    else reader.skipValue();
    if (part !== 'vocab' && part !== 'merges') return;
    if (this.spans.has(part)) throw new NotPacked();
    this.spans.set(part, { start, end: reader.at });
  }

  #readPieces(): void {
    const { tokens, scores } = readPieces(this.#reader);
    this.#tokens = tokens;
    this.#scores = scores;
  }

  model(): PackedModel | undefined {
    const tokens = this.#tokens;
    if (tokens === undefined || tokens.hasDuplicates) return undefined;
    const span = this.spans.get('merges');
    let merges = this.#merges;
    if (span !== undefined && merges === undefined) {
      this.#reader.at = span.start;
      merges = readMerges(this.#reader, tokens);
    }
    return {
      tokens,
      ...(this.#scores === undefined ? {} : { scores: this.#scores }),
      ...(merges === undefined ? {} : { merges }),
    };
  }
}

/** The document with `null` in place of the spans. */
function parseRest(bytes: Uint8Array, spans: readonly Span[]): unknown {
  const decoder = new TextDecoder();
  let text = '';
  let done = 0;
  for (const { start, end } of [...spans].sort((a, b) => a.start - b.start)) {
    text += `${decoder.decode(bytes.subarray(done, start))}null`;
    done = end;
  }
  return JSON.parse(text + decoder.decode(bytes.subarray(done))) as unknown;
}

/** An object from token to id. */
function readVocabulary(reader: JsonBytes): PackedTokens {
  const builder = new PackedTokensBuilder(1 << 12);
  let size = 0;
  reader.expect(0x7b);
  for (let isFirst = true; reader.next(0x7d, isFirst); isFirst = false) {
    const start = builder.length;
    const target = builder.reserve(reader.stringBound());
    builder.length = reader.string(target, start);
    reader.expect(0x3a);
    const id = reader.natural();
    if (id > MAX_TOKEN_ID || !builder.add(start, id)) throw new NotPacked();
    if (id >= size) size = id + 1;
  }
  return builder.build(size);
}

/** A list of [piece, score]. */
function readPieces(reader: JsonBytes): { tokens: PackedTokens; scores: Float64Array } {
  const builder = new PackedTokensBuilder(1 << 12);
  /** The scores as one list in JSON, which is parsed at once. */
  let list = Uint8Array.of(0x5b);
  let length = 1;
  let count = 0;
  reader.array(() => {
    reader.expect(0x5b);
    const start = builder.length;
    const target = builder.reserve(reader.stringBound());
    builder.length = reader.string(target, start);
    reader.expect(0x2c);
    builder.add(start, count++);
    list = withRoom(list, length, reader.stringBound() + 1);
    length = reader.scalar(list, length);
    list[length++] = 0x2c;
    reader.expect(0x5d);
  });
  if (count > MAX_TOKEN_ID) throw new NotPacked();
  list[length - (count > 0 ? 1 : 0)] = 0x5d;
  const scores = JSON.parse(
    new TextDecoder().decode(list.subarray(0, length + (count > 0 ? 0 : 1))),
  ) as unknown[];
  if (scores.length !== count || scores.some((score) => typeof score !== 'number'))
    throw new NotPacked();
  return { tokens: builder.build(count), scores: Float64Array.from(scores as number[]) };
}

/** The bytes, or a copy of the first `used`, with room for `count` more. */
function withRoom(
  bytes: Uint8Array<ArrayBuffer>,
  used: number,
  count: number,
): Uint8Array<ArrayBuffer> {
  if (used + count <= bytes.length) return bytes;
  const bigger = new Uint8Array((used + count) * 2);
  bigger.set(bytes.subarray(0, used));
  return bigger;
}

/** A list of "left right" or of ["left", "right"]. */
function readMerges(reader: JsonBytes, tokens: PackedTokens): MergeTable {
  const target = new MergeReader(tokens);
  reader.expect(0x5b);
  for (let isFirst = true; reader.next(0x5d, isFirst); isFirst = false) {
    if (reader.peek() === 0x22) target.readString(reader);
    else target.readPair(reader);
  }
  return target.build();
}

class MergeReader {
  readonly #tokens: PackedTokens;
  /** The two parts one after the other. */
  #buffer = new Uint8Array(1 << 10);
  #list: Int32Array<ArrayBuffer>;
  #count = 0;
  /** Merged tokens mostly have consecutive ids. */
  #guess = 0;

  constructor(tokens: PackedTokens) {
    this.#tokens = tokens;
    this.#list = new Int32Array(3 * (tokens.size + 16));
  }

  readString(reader: JsonBytes): void {
    const buffer = this.#room(reader, 0);
    const end = reader.string(buffer, 0);
    let blank = 0;
    while (blank < end && buffer[blank] !== 0x20) blank++;
    if (blank === 0 || blank === end) throw new NotPacked();
    for (let i = blank + 1; i < end; i++) {
      if (buffer[i] === 0x20) throw new NotPacked();
      buffer[i - 1] = buffer[i] as number;
    }
    this.#add(blank, end - 1);
  }

  readPair(reader: JsonBytes): void {
    reader.expect(0x5b);
    const middle = reader.string(this.#room(reader, 0), 0);
    reader.expect(0x2c);
    const end = reader.string(this.#room(reader, middle), middle);
    reader.expect(0x5d);
    this.#add(middle, end);
  }

  /** The buffer, with room for the next string behind `used`. */
  #room(reader: JsonBytes, used: number): Uint8Array {
    const needed = used + reader.stringBound();
    if (needed > this.#buffer.length) {
      const buffer = new Uint8Array(needed * 2);
      buffer.set(this.#buffer.subarray(0, used));
      this.#buffer = buffer;
    }
    return this.#buffer;
  }

  #add(middle: number, end: number): void {
    const tokens = this.#tokens;
    const buffer = this.#buffer;
    let whole = HASH_START;
    for (let i = 0; i < middle; i++) whole = hashByte(whole, buffer[i] as number);
    const left = tokens.findHashed(whole, buffer, 0, middle);
    let tail = HASH_START;
    for (let i = middle; i < end; i++) tail = hashByte(tail, buffer[i] as number);
    const right = tokens.findHashed(tail, buffer, middle, end);
    let merged = this.#guess;
    if (!tokens.isAt(merged, buffer, end)) {
      for (let i = middle; i < end; i++) whole = hashByte(whole, buffer[i] as number);
      merged = tokens.findHashed(whole, buffer, 0, end);
    }
    if (left < 0 || right < 0 || merged < 0) throw new NotPacked();
    this.#guess = merged + 1;
    if (this.#count === this.#list.length) {
      const list = new Int32Array(this.#list.length * 2);
      list.set(this.#list);
      this.#list = list;
    }
    this.#list[this.#count++] = left;
    this.#list[this.#count++] = right;
    this.#list[this.#count++] = merged;
  }

  build(): MergeTable {
    return MergeTable.fromList(this.#list.slice(0, this.#count));
  }
}
