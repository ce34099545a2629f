/**
 * The tokens of a vocabulary as UTF-8 in one array, with an open-addressing hash table from token to id: no string and no
 * Map entry for each of 150,000 tokens until someone asks for one.
 */
const EMPTY = 0;
/** 32-bit FNV-1a, one byte at a time. */
export const HASH_START = 0x811c9dc5 | 0;

export function hashByte(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, 0x01000193);
}

export class PackedTokens {
  /** Token i is `bytes[starts[i]..ends[i])`; a hole starts at −1. */
  readonly bytes: Uint8Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** id + 1. */
  readonly #slots: Int32Array;
  readonly #mask: number;
  /** Of equal tokens only the last is found. */
  readonly hasDuplicates: boolean;

  constructor(bytes: Uint8Array, starts: Int32Array, ends: Int32Array) {
    this.bytes = bytes;
    this.starts = starts;
    this.ends = ends;
    const capacity = 1 << (32 - Math.clz32(Math.max(8, Math.floor(starts.length * 1.5))));
    this.#slots = new Int32Array(capacity);
    this.#mask = capacity - 1;
    this.hasDuplicates = this.#fill();
  }

  /** @param tokens A hole is undefined; a lone surrogate becomes U+FFFD. */
  static fromStrings(tokens: readonly (string | undefined)[]): PackedTokens {
    const builder = new PackedTokensBuilder(tokens.length);
    for (let id = 0; id < tokens.length; id++) {
      const token = tokens[id];
      if (token !== undefined) builder.addString(token, id);
    }
    return builder.build(tokens.length);
  }

  get size(): number {
    return this.starts.length;
  }

  #fill(): boolean {
    const { bytes, starts, ends } = this;
    let hasDuplicates = false;
    for (let id = 0; id < starts.length; id++) {
      const start = starts[id] as number;
      if (start < 0) continue;
      const end = ends[id] as number;
      let hash = HASH_START;
      for (let i = start; i < end; i++) hash = hashByte(hash, bytes[i] as number);
      let slot = spread(hash) & this.#mask;
      for (;;) {
        const found = this.#slots[slot] as number;
        if (found === EMPTY) break;
        if (this.#equals(found - 1, bytes, start, end)) {
          hasDuplicates = true;
          break;
        }
        slot = (slot + 1) & this.#mask;
      }
      this.#slots[slot] = id + 1;
    }
    return hasDuplicates;
  }

  /** Id of `bytes[start..end)`, or −1. */
  find(bytes: Uint8Array, start: number, end: number): number {
    let hash = HASH_START;
    for (let i = start; i < end; i++) hash = hashByte(hash, bytes[i] as number);
    return this.findHashed(hash, bytes, start, end);
  }

  /** As `find`, where the hash (`hashByte` of each byte, from `HASH_START`) is known. */
  findHashed(hash: number, bytes: Uint8Array, start: number, end: number): number {
    const slots = this.#slots;
    let slot = spread(hash) & this.#mask;
    for (;;) {
      const found = slots[slot] as number;
      if (found === EMPTY) return -1;
      if (this.#equals(found - 1, bytes, start, end)) return found - 1;
      slot = (slot + 1) & this.#mask;
    }
  }

  /** Whether token `id` is `bytes[0..end)`. */
  isAt(id: number, bytes: Uint8Array, end: number): boolean {
    return (
      id < this.starts.length && (this.starts[id] as number) >= 0 && this.#equals(id, bytes, 0, end)
    );
  }

  #equals(id: number, bytes: Uint8Array, start: number, end: number): boolean {
    const own = this.starts[id] as number;
    const length = end - start;
    if ((this.ends[id] as number) - own !== length) return false;
    for (let i = 0; i < length; i++) if (this.bytes[own + i] !== bytes[start + i]) return false;
    return true;
  }

  /** Id of a token, or undefined. */
  idOf(token: string): number | undefined {
    const bytes = new TextEncoder().encode(token);
    const id = this.find(bytes, 0, bytes.length);
    return id < 0 ? undefined : id;
  }

  tokenAt(id: number): string | undefined {
    const start = this.starts[id];
    if (start === undefined || start < 0) return undefined;
    return text.decode(this.bytes.subarray(start, this.ends[id]));
  }
}

const text = new TextDecoder('utf-8', { ignoreBOM: true });

/** FNV's low bits depend on few bytes. */
function spread(hash: number): number {
  return hash ^ (hash >>> 15);
}

/** Collects tokens in any order of their ids. */
export class PackedTokensBuilder {
  bytes: Uint8Array<ArrayBuffer>;
  length = 0;
  #starts: Int32Array<ArrayBuffer>;
  #ends: Int32Array<ArrayBuffer>;
  readonly #encoder = new TextEncoder();

  constructor(expected: number) {
    this.bytes = new Uint8Array(Math.max(64, expected * 8));
    this.#starts = new Int32Array(Math.max(16, expected)).fill(-1);
    this.#ends = new Int32Array(Math.max(16, expected));
  }

  /** Room for `count` more bytes at `length` in what is returned. */
  reserve(count: number): Uint8Array<ArrayBuffer> {
    if (this.length + count > this.bytes.length) {
      const bytes = new Uint8Array((this.length + count) * 2);
      bytes.set(this.bytes.subarray(0, this.length));
      this.bytes = bytes;
    }
    return this.bytes;
  }

  addString(token: string, id: number): void {
    this.reserve(token.length * 3);
    const start = this.length;
    this.length += this.#encoder.encodeInto(token, this.bytes.subarray(start)).written;
    this.add(start, id);
  }

  /** The token that lies from `start` to `length` has the id. False if another has it. */
  add(start: number, id: number): boolean {
    if (id >= this.#starts.length) {
      this.#starts = grown(this.#starts, id + 1, -1);
      this.#ends = grown(this.#ends, id + 1, 0);
    }
    if (this.#starts[id] !== -1) return false;
    this.#starts[id] = start;
    this.#ends[id] = this.length;
    return true;
  }

  /** @param size one more than the highest id */
  build(size: number): PackedTokens {
    return new PackedTokens(
      this.bytes.slice(0, this.length),
      this.#starts.slice(0, size),
      this.#ends.slice(0, size),
    );
  }
}

function grown(old: Int32Array, needed: number, fill: number): Int32Array<ArrayBuffer> {
  const bigger = new Int32Array(Math.max(old.length * 2, needed)).fill(fill);
  bigger.set(old);
  return bigger;
}
