// Numbers kept in 8 or 4 bits, in groups that share a scale. 8 bits: q = round(x / s), s = max|x| / 127,
// wrong by at most max|x| / 254. 4 bits: q = round((x − m) / s), m the smallest, s = (max − min) / 15,
// wrong by at most (max − min) / 30.

export type CacheBits = 8 | 4;

const LEVELS = { 8: 127, 4: 15 } as const;

export class PackedRows {
  readonly #bits: CacheBits;
  readonly #group: number;
  readonly #codes: Uint8Array | Int8Array;
  readonly #scales: Float32Array;
  /** The smallest of each group; only with 4 bits. */
  readonly #offsets: Float32Array;

  /** Room for `size` numbers in groups of `group`, which divides it; with 4 bits an even number. */
  constructor(bits: CacheBits, size: number, group: number) {
    this.#bits = bits;
    this.#group = group;
    this.#codes = bits === 8 ? new Int8Array(size) : new Uint8Array(size / 2);
    this.#scales = new Float32Array(size / group);
    this.#offsets = new Float32Array(bits === 4 ? size / group : 0);
  }

  get byteLength(): number {
    return this.#codes.byteLength + this.#scales.byteLength + this.#offsets.byteLength;
  }

  /** Keeps `values` from number `at` on; both lengths are whole groups. */
  write(values: Float32Array, at: number): void {
    for (let i = 0; i < values.length; i += this.#group) {
      const part = values.subarray(i, i + this.#group);
      if (this.#bits === 8) this.#write8(part, at + i);
      else this.#write4(part, at + i);
    }
  }

  /** The numbers from `at` on, as many as `into` holds: whole groups. */
  read(at: number, into: Float32Array): void {
    for (let i = 0; i < into.length; i += this.#group) {
      const part = into.subarray(i, i + this.#group);
      if (this.#bits === 8) this.#read8(part, at + i);
      else this.#read4(part, at + i);
    }
  }

  /** Copies numbers as they are kept. */
  copyFrom(other: PackedRows, from: number, to: number, count: number): void {
    const perByte = this.#bits === 8 ? 1 : 2;
    const copy = (
      target: Float32Array | Uint8Array | Int8Array,
      source: ArrayLike<number> & { subarray(a: number, b: number): ArrayLike<number> },
      divisor: number,
    ): void => target.set(source.subarray(from / divisor, (from + count) / divisor), to / divisor);
    copy(this.#codes, other.#codes, perByte);
    copy(this.#scales, other.#scales, this.#group);
    if (this.#bits === 4) copy(this.#offsets, other.#offsets, this.#group);
  }

  #write8(values: Float32Array, at: number): void {
    let most = 0;
    for (const value of values) most = Math.max(most, Math.abs(value));
    const scale = most / LEVELS[8];
    this.#scales[at / this.#group] = scale;
    for (let i = 0; i < values.length; i++)
      this.#codes[at + i] = scale === 0 ? 0 : Math.round(values[i]! / scale);
  }

  #read8(into: Float32Array, at: number): void {
    const scale = this.#scales[at / this.#group]!;
    for (let i = 0; i < into.length; i++) into[i] = this.#codes[at + i]! * scale;
  }

  #write4(values: Float32Array, at: number): void {
    let [low, high] = [Infinity, -Infinity];
    for (const value of values) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    const scale = (high - low) / LEVELS[4];
    this.#scales[at / this.#group] = scale;
    this.#offsets[at / this.#group] = low;
    const code = (value: number): number => (scale === 0 ? 0 : Math.round((value - low) / scale));
    for (let i = 0; i < values.length; i += 2)
      this.#codes[(at + i) / 2] = code(values[i]!) | (code(values[i + 1]!) << 4);
  }

  #read4(into: Float32Array, at: number): void {
    const scale = this.#scales[at / this.#group]!;
    const low = this.#offsets[at / this.#group]!;
    for (let i = 0; i < into.length; i += 2) {
      const byte = this.#codes[(at + i) / 2]!;
      into[i] = (byte & 15) * scale + low;
      into[i + 1] = (byte >> 4) * scale + low;
    }
  }
}
