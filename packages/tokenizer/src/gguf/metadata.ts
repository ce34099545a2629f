/**
 * The metadata of a GGUF file (specification: ggml `docs/gguf.md`, versions 2 and 3, little-endian): header, then
 * key–value pairs. Only that; tensors are never touched. The bytes are untrusted: every count and length is held
 * against what is left of the file before anything is made from it.
 */
import { TokenizerFormatError } from '../errors.ts';

/** Real files have about 30 keys. */
const MAX_KEYS = 65_536;
/** Metadata beyond this is refused; the largest published vocabularies need about 16 MB. */
const MAX_METADATA_BYTES = 256 * 1024 * 1024;
/** Arrays of arrays exist in the specification; nobody nests them deeper. */
const MAX_DEPTH = 4;
/** First read; doubled until the metadata fits. */
const FIRST_READ_BYTES = 4 * 1024 * 1024;

const MAGIC = 0x46554747; // "GGUF"

/** A random-access file: how long it is, and a way to read its beginning. */
export interface GgufFile {
  readonly size: number;
  readPrefix(length: number): Promise<Uint8Array>;
}

export async function readGgufMetadata(file: GgufFile): Promise<Map<string, unknown>> {
  const limit = Math.min(file.size, MAX_METADATA_BYTES);
  for (let length = Math.min(limit, FIRST_READ_BYTES); ; length = Math.min(limit, length * 2)) {
    const bytes = await file.readPrefix(length);
    try {
      return new MetadataReader(bytes, file.size).read();
    } catch (error) {
      if (!(error instanceof EndOfBytes) || bytes.length >= file.size) throw error;
      if (length >= limit) throw fail(`metadata within ${MAX_METADATA_BYTES} bytes`, 'more');
    }
  }
}

/** @param bytes The whole file, or as much of it as holds the metadata. */
export function parseGgufMetadata(bytes: Uint8Array): Map<string, unknown> {
  return new MetadataReader(bytes, bytes.length).read();
}

function fail(expected: string, got: string): TokenizerFormatError {
  return new TokenizerFormatError(`gguf: expected ${expected}, got ${got}. Is the file complete?`);
}

/** More bytes are needed than were read so far. */
class EndOfBytes extends TokenizerFormatError {}

/** Byte sizes of the value types 0 to 12; strings and arrays by their smallest form. */
const MIN_SIZES = [1, 1, 2, 2, 4, 4, 4, 1, 8, 12, 8, 8, 8] as const;
const STRING = 8;
const ARRAY = 9;

class MetadataReader {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  readonly #fileSize: number;
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  #offset = 0;

  constructor(bytes: Uint8Array, fileSize: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#fileSize = fileSize;
  }

  read(): Map<string, unknown> {
    const magic = this.#view.getUint32(this.#need(4), true);
    if (magic !== MAGIC) throw fail('a file that begins with "GGUF"', `0x${magic.toString(16)}`);
    const version = this.#view.getUint32(this.#need(4), true);
    if (version !== 2 && version !== 3) throw fail('GGUF version 2 or 3', `version ${version}`);
    this.#length('tensor count', 0, Number.MAX_SAFE_INTEGER);
    const count = this.#length('key count', 13, MAX_KEYS);
    const metadata = new Map<string, unknown>();
    for (let i = 0; i < count; i++) {
      const key = this.#string();
      metadata.set(key, this.#value(this.#view.getUint32(this.#need(4), true), key, 0));
    }
    return metadata;
  }

  /** Steps over `length` bytes; returns where they begin. */
  #need(length: number): number {
    const start = this.#offset;
    if (start + length > this.#fileSize) throw fail(`${start + length} bytes`, `${this.#fileSize}`);
    if (start + length > this.#bytes.length) throw new EndOfBytes('gguf: the metadata goes on.');
    this.#offset = start + length;
    return start;
  }

  /** A 64-bit count of things that take at least `minSize` bytes each. */
  #length(name: string, minSize: number, max = Number.MAX_SAFE_INTEGER): number {
    const value = Number(this.#view.getBigUint64(this.#need(8), true));
    const left = this.#fileSize - this.#offset;
    if (value > max || value * minSize > left) {
      throw fail(`a ${name} that fits in the ${left} bytes left`, String(value));
    }
    return value;
  }

  #string(): string {
    const length = this.#length('string length', 1);
    const start = this.#need(length);
    return this.#decoder.decode(this.#bytes.subarray(start, start + length));
  }

  #value(type: number, key: string, depth: number): unknown {
    const view = this.#view;
    switch (type) {
      case 0:
        return view.getUint8(this.#need(1));
      case 1:
        return view.getInt8(this.#need(1));
      case 2:
        return view.getUint16(this.#need(2), true);
      case 3:
        return view.getInt16(this.#need(2), true);
      case 4:
        return view.getUint32(this.#need(4), true);
      case 5:
        return view.getInt32(this.#need(4), true);
      case 6:
        return view.getFloat32(this.#need(4), true);
      case 7:
        return view.getUint8(this.#need(1)) !== 0;
      case STRING:
        return this.#string();
      case ARRAY:
        return this.#array(key, depth);
      case 10:
        return view.getBigUint64(this.#need(8), true);
      case 11:
        return view.getBigInt64(this.#need(8), true);
      case 12:
        return view.getFloat64(this.#need(8), true);
      default:
        throw fail(`a value type from 0 to 12 for ${JSON.stringify(key)}`, String(type));
    }
  }

  #array(key: string, depth: number): unknown[] {
    if (depth >= MAX_DEPTH)
      throw fail(`arrays nested at most ${MAX_DEPTH} deep in ${JSON.stringify(key)}`, 'more');
    const type = this.#view.getUint32(this.#need(4), true);
    const minSize = MIN_SIZES[type];
    if (minSize === undefined)
      throw fail(`a value type from 0 to 12 for ${JSON.stringify(key)}`, String(type));
    const length = this.#length(`length of ${JSON.stringify(key)}`, minSize);
    const values: unknown[] = [];
    for (let i = 0; i < length; i++) values.push(this.#value(type, key, depth + 1));
    return values;
  }
}
