/** The header of a safetensors file, checked completely before anything is allocated for data.
 *
 *  Layout (huggingface/safetensors, "Format"): u64 header length N; N bytes of JSON, name →
 *  {dtype, shape, data_offsets: [begin, end)}; then the data, where offsets count from. As in the
 *  reference reader, the tensors cover the data exactly: no overlap, no gap, nothing after. */
import { FormatError } from '../errors/errors.ts';
import type { ByteSource } from './byte-source.ts';

/** Bytes of one element, for each dtype of the format. */
export const DTYPE_BYTES = Object.freeze({
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  I64: 8,
  U64: 8,
  F64: 8,
});
/** A dtype as the file names it. */
export type SafetensorsDtype = keyof typeof DTYPE_BYTES;

/** What a safetensors file says of a tensor. */
export interface SafetensorsInfo {
  /** In the file; `read` may widen or narrow it. */
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  /** In the file. */
  readonly byteLength: number;
}

export interface SafetensorsEntry extends SafetensorsInfo {
  /** From the start of the file. */
  readonly offset: number;
}

export interface SafetensorsHeader {
  readonly metadata: ReadonlyMap<string, string>;
  readonly tensors: ReadonlyMap<string, SafetensorsEntry>;
}

/** The reference reader's limit, against memory exhaustion by a hostile header (CWE-789). */
const MAX_HEADER_BYTES = 100_000_000;
/** No framework goes beyond; an endless shape would make its product slow to check. */
const MAX_RANK = 64;
const LENGTH_BYTES = 8;

export async function readSafetensorsHeader(source: ByteSource): Promise<SafetensorsHeader> {
  const fail = (problem: string) => new FormatError(`openSafetensors: ${source.name}: ${problem}`);
  if (source.size < LENGTH_BYTES) {
    throw fail(
      `expected at least ${LENGTH_BYTES} bytes, got ${source.size}. The file is truncated.`,
    );
  }
  const prefix = await source.read(0, LENGTH_BYTES);
  const length = new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(0, true);
  const room = Math.min(source.size - LENGTH_BYTES, MAX_HEADER_BYTES);
  if (length > BigInt(room)) {
    throw fail(`header: expected at most ${room} bytes, got ${length}. It is no safetensors file.`);
  }
  const dataStart = LENGTH_BYTES + Number(length);
  const json = parseHeader(await source.read(LENGTH_BYTES, Number(length)), fail);
  const metadata = parseMetadata(json.get('__metadata__'), fail);
  json.delete('__metadata__');
  const tensors = new Map<string, SafetensorsEntry>();
  for (const [name, value] of json) tensors.set(name, parseEntry(name, value, dataStart, fail));
  checkCoverage(tensors, dataStart, source.size, fail);
  return { metadata, tensors };
}

type Fail = (problem: string) => FormatError;

function parseHeader(bytes: Uint8Array, fail: Fail): Map<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    throw fail('header: expected JSON, got something else. It is damaged or no safetensors file.');
  }
  if (!isRecord(value)) throw fail('header: expected a JSON object, got another value.');
  return new Map(Object.entries(value));
}

function parseMetadata(value: unknown, fail: Fail): Map<string, string> {
  if (value === undefined) return new Map();
  if (!isRecord(value))
    throw fail('__metadata__: expected an object of strings, got another value.');
  const entries = Object.entries(value);
  for (const [key, item] of entries) {
    if (typeof item !== 'string') {
      throw fail(`__metadata__: ${key}: expected a string, got ${typeof item}.`);
    }
  }
  return new Map(entries as [string, string][]);
}

function parseEntry(name: string, value: unknown, dataStart: number, fail: Fail): SafetensorsEntry {
  if (!isRecord(value)) throw fail(`${name}: expected an object, got another value.`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== 'string' || !Object.hasOwn(DTYPE_BYTES, dtype)) {
    const known = Object.keys(DTYPE_BYTES).join(', ');
    throw fail(`${name}: dtype: expected one of ${known}, got ${JSON.stringify(dtype)}.`);
  }
  if (!isCountList(shape) || shape.length > MAX_RANK) {
    throw fail(`${name}: shape: expected at most ${MAX_RANK} sizes, got ${JSON.stringify(shape)}.`);
  }
  if (!isCountList(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]!) {
    throw fail(`${name}: data_offsets: expected [begin, end], got ${JSON.stringify(offsets)}.`);
  }
  const [begin, end] = offsets as [number, number];
  const bytes = shape.reduce((n, size) => n * size, DTYPE_BYTES[dtype as SafetensorsDtype]);
  if (bytes !== end - begin) {
    throw fail(`${name}: expected ${bytes} bytes for ${dtype} [${shape}], got ${end - begin}.`);
  }
  return { dtype: dtype as SafetensorsDtype, shape, byteLength: bytes, offset: dataStart + begin };
}

/** Tensors in the order of their offsets touch each other from the first data byte to the last. */
function checkCoverage(
  tensors: ReadonlyMap<string, SafetensorsEntry>,
  dataStart: number,
  size: number,
  fail: Fail,
): void {
  const byOffset = [...tensors].sort(
    ([, a], [, b]) => a.offset - b.offset || a.byteLength - b.byteLength,
  );
  let end = dataStart;
  for (const [name, { offset, byteLength }] of byOffset) {
    if (offset !== end) {
      const what = offset < end ? 'an overlap' : 'a gap';
      throw fail(`${name}: expected data at byte ${end}, got byte ${offset}: ${what}.`);
    }
    end = offset + byteLength;
  }
  if (end !== size) {
    const what = end > size ? 'The file is truncated.' : 'Something was appended.';
    throw fail(`expected ${end} bytes by its header, got ${size}. ${what}`);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCountList(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}
