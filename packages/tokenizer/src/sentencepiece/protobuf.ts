/** The wire format of protocol buffers (the public encoding specification), as much as SentencePiece models need. */
import { TokenizerFormatError } from '../errors.ts';

/** Numbers of varint fields, bytes of the other kinds. A field that comes again is listed again. */
export interface ProtoField {
  readonly number: number;
  readonly value: number | Uint8Array;
}

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

export function* readFields(bytes: Uint8Array, path: string): Iterable<ProtoField> {
  let at = 0;
  const fail = (): never => {
    throw new TokenizerFormatError(
      `${path}: expected a protocol buffer, got bytes that end or go wrong at ${at} of ${bytes.length}.`,
    );
  };
  /** Up to 64 bits; beyond 2⁵³ a number is not exact, which no field we read comes near. */
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; scale < 2 ** 70; scale *= 128) {
      const byte = bytes[at++] ?? fail();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    return fail();
  };
  while (at < bytes.length) {
    const key = varint();
    const kind = key % 8;
    const number = Math.floor(key / 8);
    if (kind === VARINT) {
      yield { number, value: varint() };
      continue;
    }
    if (kind !== BYTES && kind !== FIXED32 && kind !== FIXED64) fail();
    const length = kind === BYTES ? varint() : kind === FIXED32 ? 4 : 8;
    if (length > bytes.length - at) fail();
    yield { number, value: bytes.subarray(at, at + length) };
    at += length;
  }
}

/** Writes fields one after the other. */
export class ProtoWriter {
  readonly #bytes: number[] = [];

  #varint(value: number): void {
    let left = value;
    for (; left > 127; left = Math.floor(left / 128)) this.#bytes.push((left % 128) | 128);
    this.#bytes.push(left);
  }

  number(field: number, value: number): this {
    this.#varint(field * 8 + VARINT);
    this.#varint(value);
    return this;
  }

  float(field: number, value: number): this {
    this.#varint(field * 8 + FIXED32);
    this.#bytes.push(...new Uint8Array(Float32Array.of(value).buffer));
    return this;
  }

  bytes(field: number, value: Uint8Array): this {
    this.#varint(field * 8 + BYTES);
    this.#varint(value.length);
    for (const byte of value) this.#bytes.push(byte);
    return this;
  }

  text(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  finish(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}
