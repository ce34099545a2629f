/**
 * Text that remembers where it came from: for every UTF-16 unit the stretch of the original that it stands for. The
 * slow twin of the plain string path, used where offsets are asked for; it follows the alignment rules of Rust
 * `tokenizers` (NormalizedString): a replaced character keeps its place, an inserted one takes that of the one before.
 */
export class AlignedText {
  readonly text: string;
  /** `starts[i]`, `ends[i]`: the original units that unit i stands for. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** Where this stretch begins in the original. */
  readonly origin: number;

  constructor(text: string, starts: Int32Array, ends: Int32Array, origin: number) {
    this.text = text;
    this.starts = starts;
    this.ends = ends;
    this.origin = origin;
  }

  /** Each character stands for itself. @param origin where the text begins in the original */
  static of(text: string, origin = 0): AlignedText {
    const starts = new Int32Array(text.length);
    const ends = new Int32Array(text.length);
    for (let i = 0; i < text.length;) {
      const length = (text.codePointAt(i) as number) > 0xffff ? 2 : 1;
      for (let unit = i; unit < i + length; unit++) {
        starts[unit] = origin + i;
        ends[unit] = origin + i + length;
      }
      i += length;
    }
    return new AlignedText(text, starts, ends, origin);
  }

  slice(start: number, end: number): AlignedText {
    const origin = start < end ? (this.starts[start] as number) : this.origin;
    return new AlignedText(
      this.text.slice(start, end),
      this.starts.subarray(start, end),
      this.ends.subarray(start, end),
      origin,
    );
  }

  /** Every character becomes a string (perhaps empty) that stands where it stood. */
  mapCharacters(map: (character: string) => string): AlignedText {
    const builder = new AlignedBuilder(this.origin);
    for (let i = 0; i < this.text.length;) {
      const character = String.fromCodePoint(this.text.codePointAt(i) as number);
      builder.add(map(character), this.starts[i] as number, this.ends[i] as number);
      i += character.length;
    }
    return builder.build();
  }

  /** Matches become `content`, which stands where the last character of the match stood. */
  replace(pattern: RegExp, content: string): AlignedText {
    const builder = new AlignedBuilder(this.origin);
    let done = 0;
    for (const match of this.text.matchAll(pattern)) {
      const end = match.index + match[0].length;
      builder.copy(this, done, match.index);
      const at = Math.max(0, end - 1);
      builder.add(content, this.starts[at] ?? this.origin, this.ends[at] ?? this.origin);
      done = end;
    }
    if (done === 0 && builder.isEmpty) return this;
    builder.copy(this, done, this.text.length);
    return builder.build();
  }

  /** Puts text before, unless there is nothing; it stands where the first character stands. */
  prepend(prefix: string): AlignedText {
    if (this.text === '') return this;
    const builder = new AlignedBuilder(this.origin);
    builder.add(prefix, this.starts[0] as number, this.ends[0] as number);
    builder.copy(this, 0, this.text.length);
    return builder.build();
  }

  /**
   * Rewrites the text as a list of characters and what each did: 1 was inserted, 0 replaces the next character, −n
   * replaces the next and drops n more after it.
   */
  transform(changes: readonly Change[]): AlignedText {
    const old = [...characterStarts(this.text)];
    const builder = new AlignedBuilder(this.origin);
    let next = 0;
    for (const { character, change } of changes) {
      const from = old[change > 0 ? next - 1 : next];
      const start = from === undefined ? this.origin : (this.starts[from] as number);
      const end = from === undefined ? this.origin : (this.ends[from] as number);
      builder.add(character, start, end);
      if (change <= 0) next += 1 - change;
    }
    return builder.build();
  }
}

export interface Change {
  readonly character: string;
  readonly change: number;
}

function* characterStarts(text: string): Iterable<number> {
  for (let i = 0; i < text.length;) {
    yield i;
    i += (text.codePointAt(i) as number) > 0xffff ? 2 : 1;
  }
}

class AlignedBuilder {
  readonly #parts: string[] = [];
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  readonly #origin: number;

  constructor(origin: number) {
    this.#origin = origin;
  }

  get isEmpty(): boolean {
    return this.#parts.length === 0;
  }

  add(text: string, start: number, end: number): void {
    this.#parts.push(text);
    for (let i = 0; i < text.length; i++) {
      this.#starts.push(start);
      this.#ends.push(end);
    }
  }

  copy(from: AlignedText, start: number, end: number): void {
    this.#parts.push(from.text.slice(start, end));
    for (let i = start; i < end; i++) {
      this.#starts.push(from.starts[i] as number);
      this.#ends.push(from.ends[i] as number);
    }
  }

  build(): AlignedText {
    const text = this.#parts.join('');
    return new AlignedText(
      text,
      Int32Array.from(this.#starts),
      Int32Array.from(this.#ends),
      this.#origin,
    );
  }
}
