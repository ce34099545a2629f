/** The header of a GGUF file, versions 2 and 3: metadata and where the tensors lie. Everything is
 *  checked against the file's size and named limits before anything is allocated for it.
 *
 *  Layout (ggml docs/gguf.md): 'GGUF', u32 version, u64 tensor count, u64 metadata count, the
 *  metadata (key, u32 type, value), the tensor infos (name, u32 rank, u64 sizes innermost first,
 *  u32 type, u64 offset), padding to the alignment, the data that offsets count from. */
import type { ByteSource } from './byte-source.ts';
import { GgufCursor, NeedMoreBytes } from './gguf-cursor.ts';
import { ggufType } from './gguf-types.ts';

/** A metadata value. 64-bit integers are numbers where exact, else bigints. */
export type GgufValue = number | bigint | boolean | string | readonly GgufValue[];

/** What a GGUF file says of a tensor. */
export interface GgufTensorInfo {
  /** ggml's name: F32, Q4_1, … */
  readonly type: string;
  /** Outermost first, as PyTorch and tf have it; the file holds the reverse. */
  readonly shape: readonly number[];
  /** From the start of the file. */
  readonly offset: number;
  /** In the file, quantised. */
  readonly byteLength: number;
}

/** What a GGUF file holds besides the tensors' data. */
export interface GgufHeader {
  readonly version: number;
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: ReadonlyMap<string, GgufTensorInfo>;
}

// Limits against hostile files (CWE-789, CWE-674). Each is far above any model that exists.
const MAX_METADATA_ENTRIES = 2 ** 16;
const MAX_TENSORS = 2 ** 20;
const MAX_NAME_BYTES = 2 ** 16 - 1; // the format's own limit for keys
const MAX_RANK = 4; // GGML_MAX_DIMS
const MAX_ARRAY_ITEMS = 2 ** 23; // over the whole file; vocabularies have some 2^18 entries
const MAX_ARRAY_NESTING = 4;
const MAX_ALIGNMENT = 2 ** 16;
const DEFAULT_ALIGNMENT = 32;

// The fewest bytes that an entry takes: lengths and numbers with empty names.
const MIN_METADATA_BYTES = 8 + 4 + 1;
const MIN_TENSOR_BYTES = 8 + 4 + 4 + 8;

const FIRST_WINDOW = 2 ** 20;
/** Headers hold the vocabulary: 2 to 20 MiB in practice. */
const MAX_HEADER_BYTES = 2 ** 28;

/** Reads as much of the file as its header takes: 1 MiB first, then four times more each time. */
export async function readGgufHeader(source: ByteSource): Promise<GgufHeader> {
  for (let window = FIRST_WINDOW; ; window *= 4) {
    const bytes = await source.read(0, Math.min(window, source.size, MAX_HEADER_BYTES));
    const cursor = new GgufCursor(bytes, source.size, source.name);
    try {
      return parseHeader(cursor, source.size);
    } catch (error) {
      if (!(error instanceof NeedMoreBytes)) throw error;
      if (bytes.length === MAX_HEADER_BYTES) {
        throw cursor.fail(`header: expected at most ${MAX_HEADER_BYTES} bytes, got more.`);
      }
    }
  }
}

function parseHeader(cursor: GgufCursor, fileSize: number): GgufHeader {
  checkMagic(cursor);
  const version = checkVersion(cursor);
  const tensorCount = cursor.count('tensor count', MAX_TENSORS, MIN_TENSOR_BYTES);
  const entryCount = cursor.count('metadata count', MAX_METADATA_ENTRIES, MIN_METADATA_BYTES);
  const metadata = parseMetadata(cursor, entryCount);
  const alignment = alignmentOf(metadata, cursor);
  const tensors = parseTensors(cursor, tensorCount);
  const dataStart = Math.ceil(cursor.offset / alignment) * alignment;
  return { version, metadata, tensors: place(tensors, { dataStart, alignment, fileSize }, cursor) };
}

function checkMagic(cursor: GgufCursor): void {
  const magic = String.fromCharCode(cursor.u8(), cursor.u8(), cursor.u8(), cursor.u8());
  if (magic !== 'GGUF') throw cursor.fail(`expected a file that begins with GGUF, got another.`);
}

function checkVersion(cursor: GgufCursor): number {
  const version = cursor.u32();
  if (version === 2 || version === 3) return version;
  const isSwapped = version !== 0 && (version & 0xffff) === 0;
  const got = isSwapped ? 'a big-endian file' : `${version}`;
  throw cursor.fail(
    `version: expected 2 or 3, little-endian, got ${got}. Convert it with llama.cpp.`,
  );
}

function parseMetadata(cursor: GgufCursor, count: number): Map<string, GgufValue> {
  const metadata = new Map<string, GgufValue>();
  const budget = { items: MAX_ARRAY_ITEMS };
  for (let i = 0; i < count; i++) {
    const key = name(cursor, 'metadata key');
    if (metadata.has(key)) throw cursor.fail(`metadata: expected each key once, got ${key} again.`);
    metadata.set(key, value(cursor, cursor.u32(), budget, 0));
  }
  return metadata;
}

function name(cursor: GgufCursor, what: string): string {
  const start = cursor.offset;
  const text = cursor.string();
  if (cursor.offset - start - 8 > MAX_NAME_BYTES) {
    throw cursor.fail(`${what}: expected at most ${MAX_NAME_BYTES} bytes, got more.`);
  }
  return text;
}

const STRING = 8;
const ARRAY = 9;

function value(
  cursor: GgufCursor,
  type: number,
  budget: { items: number },
  depth: number,
): GgufValue {
  if (type !== ARRAY) return scalar(cursor, type);
  if (depth === MAX_ARRAY_NESTING) {
    throw cursor.fail(`metadata: expected arrays at most ${MAX_ARRAY_NESTING} deep, got deeper.`);
  }
  const itemType = cursor.u32();
  // The fewest bytes of an item: a string's length, an array's type and length, else one.
  const minBytes = itemType === STRING ? 8 : itemType === ARRAY ? 12 : 1;
  const count = cursor.count('array length', budget.items, minBytes);
  budget.items -= count;
  const items: GgufValue[] = [];
  for (let i = 0; i < count; i++) items.push(value(cursor, itemType, budget, depth + 1));
  return items;
}

function scalar(cursor: GgufCursor, type: number): GgufValue {
  switch (type) {
    case 0:
      return cursor.u8();
    case 1:
      return cursor.i8();
    case 2:
      return cursor.u16();
    case 3:
      return cursor.i16();
    case 4:
      return cursor.u32();
    case 5:
      return cursor.i32();
    case 6:
      return cursor.f32();
    case 7:
      return cursor.bool();
    case STRING:
      return cursor.string();
    case 10:
      return cursor.u64();
    case 11:
      return cursor.i64();
    case 12:
      return cursor.f64();
    default:
      throw cursor.fail(`metadata: expected a value type 0 … 12, got ${type}.`);
  }
}

function alignmentOf(metadata: ReadonlyMap<string, GgufValue>, cursor: GgufCursor): number {
  const alignment = metadata.get('general.alignment') ?? DEFAULT_ALIGNMENT;
  const isValid =
    typeof alignment === 'number' &&
    alignment >= 1 &&
    alignment <= MAX_ALIGNMENT &&
    Number.isInteger(Math.log2(alignment));
  if (isValid) return alignment;
  throw cursor.fail(`general.alignment: expected a power of two, got ${String(alignment)}.`);
}

/** A tensor as the file states it, its offset relative to the data. */
interface RawTensor extends GgufTensorInfo {
  readonly name: string;
}

function parseTensors(cursor: GgufCursor, count: number): RawTensor[] {
  const tensors: RawTensor[] = [];
  for (let i = 0; i < count; i++) tensors.push(parseTensor(cursor));
  return tensors;
}

function parseTensor(cursor: GgufCursor): RawTensor {
  const tensorName = name(cursor, 'tensor name');
  const rank = cursor.u32();
  if (rank > MAX_RANK) {
    throw cursor.fail(`${tensorName}: expected at most ${MAX_RANK} dimensions, got ${rank}.`);
  }
  const shape = Array.from({ length: rank }, () => cursor.u64()).reverse();
  const id = cursor.u32();
  const offset = cursor.u64();
  const type = ggufType(id);
  if (type === undefined) throw cursor.fail(`${tensorName}: expected a known type, got ${id}.`);
  const elements = shape.reduce<number>((product, size) => product * Number(size), 1);
  const row = Number(shape.at(-1) ?? 1);
  if (![...shape, elements, offset].every(Number.isSafeInteger)) {
    throw cursor.fail(
      `${tensorName}: expected sizes within the file, got [${shape}] at ${offset}.`,
    );
  }
  if (row % type.blockSize !== 0) {
    const blocks = `a multiple of ${type.blockSize}`;
    throw cursor.fail(`${tensorName}: expected rows of ${blocks} for ${type.name}, got ${row}.`);
  }
  const byteLength = (elements / type.blockSize) * type.blockBytes;
  return {
    name: tensorName,
    type: type.name,
    shape: shape as number[],
    offset: offset as number,
    byteLength,
  };
}

interface Placement {
  readonly dataStart: number;
  readonly alignment: number;
  readonly fileSize: number;
}

/** Turns offsets into positions in the file; refuses what is not aligned, not within the file, or
 *  overlaps another tensor. */
function place(
  raw: readonly RawTensor[],
  placement: Placement,
  cursor: GgufCursor,
): Map<string, GgufTensorInfo> {
  const tensors = new Map<string, GgufTensorInfo>();
  const { dataStart, alignment, fileSize } = placement;
  for (const { name: tensorName, ...info } of raw) {
    if (tensors.has(tensorName)) {
      throw cursor.fail(`tensors: expected each name once, got ${tensorName} again.`);
    }
    const offset = dataStart + info.offset;
    if (info.offset % alignment !== 0) {
      throw cursor.fail(
        `${tensorName}: expected an offset of whole ${alignment}s, got ${info.offset}.`,
      );
    }
    if (offset + info.byteLength > fileSize) {
      throw cursor.fail(
        `${tensorName}: expected ${info.byteLength} bytes at ${offset}, ` +
          `got a file of ${fileSize}. It is truncated.`,
      );
    }
    tensors.set(tensorName, { ...info, offset });
  }
  checkOverlaps(tensors, cursor);
  return tensors;
}

function checkOverlaps(tensors: ReadonlyMap<string, GgufTensorInfo>, cursor: GgufCursor): void {
  let end = 0;
  const byOffset = [...tensors].sort(
    ([, a], [, b]) => a.offset - b.offset || a.byteLength - b.byteLength,
  );
  for (const [tensorName, { offset, byteLength }] of byOffset) {
    if (byteLength > 0 && offset < end) {
      throw cursor.fail(
        `${tensorName}: expected data of its own, got an overlap at byte ${offset}.`,
      );
    }
    end = Math.max(end, offset + byteLength);
  }
}
