/** Reads the primitive values of a GGUF header one after another from the first bytes of a file. */
import { FormatError } from '../errors/errors.ts';

/** Thrown where the header goes on beyond the bytes at hand, though not beyond the file: the
 *  caller fetches more and starts again. */
export class NeedMoreBytes extends Error {
  override readonly name = 'NeedMoreBytes';
}

/** Longest string taken. Chat templates reach some 10 KiB; a length beyond this is an attempt to
 *  make the reader allocate (CWE-789). */
const MAX_STRING_BYTES = 2 ** 24;

export class GgufCursor {
  offset = 0;
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  readonly #fileSize: number;
  readonly #name: string;
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });

  /** @param bytes the file's first bytes
   *  @param fileSize the whole file's, to tell a short window from a truncated file
   *  @param name what errors call the file */
  constructor(bytes: Uint8Array, fileSize: number, name: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#fileSize = fileSize;
    this.#name = name;
  }

  /** Bytes of the file behind the cursor. */
  get remaining(): number {
    return this.#fileSize - this.offset;
  }

  fail(problem: string): FormatError {
    return new FormatError(`openGguf: ${this.#name}: ${problem}`);
  }

  u8 = () => this.#view.getUint8(this.#take(1));
  i8 = () => this.#view.getInt8(this.#take(1));
  u16 = () => this.#view.getUint16(this.#take(2), true);
  i16 = () => this.#view.getInt16(this.#take(2), true);
  u32 = () => this.#view.getUint32(this.#take(4), true);
  i32 = () => this.#view.getInt32(this.#take(4), true);
  f32 = () => this.#view.getFloat32(this.#take(4), true);
  f64 = () => this.#view.getFloat64(this.#take(8), true);
  u64 = () => narrow(this.#view.getBigUint64(this.#take(8), true));
  i64 = () => narrow(this.#view.getBigInt64(this.#take(8), true));

  bool(): boolean {
    const byte = this.u8();
    if (byte > 1)
      throw this.fail(`expected a bool of 0 or 1 before byte ${this.offset}, got ${byte}.`);
    return byte === 1;
  }

  string(): string {
    const length = this.count('string length', MAX_STRING_BYTES, 1);
    const start = this.#take(length);
    return this.#decoder.decode(this.#bytes.subarray(start, start + length));
  }

  /** A u64 that counts things of at least `minBytes` each: refused where it exceeds `limit` or
   *  where so many could not fit in the rest of the file. */
  count(what: string, limit: number, minBytes: number): number {
    const value = this.u64();
    const most = Math.min(limit, Math.floor(this.remaining / minBytes));
    if (typeof value === 'bigint' || value > most) {
      throw this.fail(`${what}: expected at most ${most}, got ${value}. The file is damaged.`);
    }
    return value;
  }

  #take(length: number): number {
    const start = this.offset;
    if (start + length > this.#bytes.length) {
      if (start + length <= this.#fileSize) throw new NeedMoreBytes();
      throw this.fail(
        `expected ${length} bytes at ${start}, got the end of the file. It is truncated.`,
      );
    }
    this.offset = start + length;
    return start;
  }
}

/** A number where that is exact, else the bigint. */
function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
