/** The values of a GGUF file's metadata as bytes. */

/** A number whose type in the file is stated. */
export interface GgufNumber {
  readonly type: GgufNumberType;
  readonly value: number | bigint;
}

export type GgufNumberType = keyof typeof NUMBERS;

/**
 * What can be written under a key. A plain number becomes uint32, int32 when it is negative, float32
 * when it has a fraction; use `ggufNumber` for any other type (llama.cpp wants float32 for, say, a
 * rotary base of 10000). A typed array becomes an array of its element type.
 */
export type GgufMetadataValue =
  | string
  | boolean
  | number
  | bigint
  | GgufNumber
  | readonly string[]
  | readonly boolean[]
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array
  | BigUint64Array
  | BigInt64Array;

const BOOL = 7;
const STRING = 8;
const ARRAY = 9;

type Write = (view: DataView, value: number | bigint) => void;
const number = (id: number, bytes: number, write: Write) => Object.freeze({ id, bytes, write });

const NUMBERS = Object.freeze({
  uint8: number(0, 1, (view, x) => view.setUint8(0, Number(x))),
  int8: number(1, 1, (view, x) => view.setInt8(0, Number(x))),
  uint16: number(2, 2, (view, x) => view.setUint16(0, Number(x), true)),
  int16: number(3, 2, (view, x) => view.setInt16(0, Number(x), true)),
  uint32: number(4, 4, (view, x) => view.setUint32(0, Number(x), true)),
  int32: number(5, 4, (view, x) => view.setInt32(0, Number(x), true)),
  float32: number(6, 4, (view, x) => view.setFloat32(0, Number(x), true)),
  uint64: number(10, 8, (view, x) => view.setBigUint64(0, BigInt(x), true)),
  int64: number(11, 8, (view, x) => view.setBigInt64(0, BigInt(x), true)),
  float64: number(12, 8, (view, x) => view.setFloat64(0, Number(x), true)),
});

/** A metadata number of this type. @throws RangeError where the type cannot hold it */
export function ggufNumber(type: GgufNumberType, value: number | bigint): GgufNumber {
  const isFloat = type.startsWith('float');
  const bits = NUMBERS[type].bytes * 8;
  const isUnsigned = type.startsWith('uint');
  const low = isUnsigned ? 0 : -(2 ** (bits - 1));
  const high = isUnsigned ? 2 ** bits : 2 ** (bits - 1);
  const isInteger = typeof value === 'bigint' || Number.isInteger(value);
  if (isFloat || (isInteger && value >= low && value < high)) return { type, value };
  throw new RangeError(`ggufNumber: value: expected one that ${type} holds, got ${value}.`);
}

/** Little-endian bytes of a u32 type and the value. @throws RangeError for what no type holds */
export function metadataBytes(key: string, value: GgufMetadataValue): Uint8Array {
  if (typeof value === 'string') return concat(u32(STRING), stringBytes(value));
  if (typeof value === 'boolean') return concat(u32(BOOL), Uint8Array.of(value ? 1 : 0));
  if (typeof value === 'number' || typeof value === 'bigint') {
    return metadataBytes(key, ggufNumber(plainType(value), value));
  }
  if (ArrayBuffer.isView(value)) {
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    return concat(u32(ARRAY), u32(elementId(value)), u64(value.length), bytes);
  }
  if (isList(value)) return listBytes(key, value);
  if (!isNumber(value)) {
    throw new RangeError(
      `writeGguf: metadata: ${key}: expected text, a flag, a number or an array, got ${String(value)}.`,
    );
  }
  const { id } = NUMBERS[value.type];
  return concat(u32(id), numberBytes(value));
}

/** u64 length and UTF-8. */
export function stringBytes(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  return concat(u64(bytes.length), bytes);
}

export const u32 = (value: number): Uint8Array => numberBytes({ type: 'uint32', value });
export const u64 = (value: number): Uint8Array => numberBytes({ type: 'uint64', value });

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function numberBytes({ type, value }: GgufNumber): Uint8Array {
  const { bytes, write } = NUMBERS[type];
  const view = new DataView(new ArrayBuffer(bytes));
  write(view, value);
  return new Uint8Array(view.buffer);
}

function plainType(value: number | bigint): GgufNumberType {
  if (typeof value === 'bigint') return value < 0 ? 'int64' : 'uint64';
  if (!Number.isInteger(value)) return 'float32';
  return value < 0 ? 'int32' : 'uint32';
}

/** JavaScript callers may pass anything. */
const isNumber = (value: GgufNumber | null): value is GgufNumber =>
  typeof value === 'object' && value !== null && Object.hasOwn(NUMBERS, value.type ?? '');

const isList = (value: object): value is readonly string[] | readonly boolean[] =>
  Array.isArray(value);

function listBytes(key: string, list: readonly string[] | readonly boolean[]): Uint8Array {
  const type = typeof list[0] === 'boolean' ? 'boolean' : 'string';
  const wrong = list.findIndex((item) => typeof item !== type);
  if (wrong !== -1) {
    throw new RangeError(
      `writeGguf: metadata: ${key}: expected ${type}s, got ${typeof list[wrong]} at ${wrong}. ` +
        'Use a typed array for numbers.',
    );
  }
  const items = list.map((item) =>
    typeof item === 'string' ? stringBytes(item) : Uint8Array.of(item ? 1 : 0),
  );
  return concat(u32(ARRAY), u32(type === 'string' ? STRING : BOOL), u64(list.length), ...items);
}

type NumericArray = Extract<GgufMetadataValue, ArrayBufferView>;

function elementId(array: NumericArray): number {
  const type = array.constructor.name.replace(/Array$|Clamped/g, '').toLowerCase();
  const name = type.startsWith('big') ? type.slice('big'.length) : type;
  return NUMBERS[name as GgufNumberType].id;
}
