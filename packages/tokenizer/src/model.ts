/** What every model (BPE, WordPiece, …) gives the tokenizer: a vocabulary, and tokens of one pre-tokenized piece. */
import type { Sampler } from './sampling/sampling.ts';

export interface Model {
  /** The `type` in tokenizer.json. */
  readonly type: string;
  /** One more than the highest id. */
  readonly vocabSize: number;
  tokenToId(token: string): number | undefined;
  idToToken(id: number): string | undefined;
  /** Appends the ids of one piece. */
  tokenize(piece: string, output: IdBuffer): void;
  /** Appends the ids of one piece with their places in it. */
  tokenizeSpans(piece: string, output: TokenSpans): void;
  /** As `tokenizeSpans`, at random; missing where the model has but one way to tokenize. */
  sampleSpans?(piece: string, output: TokenSpans, sampler: Sampler): void;
  /** Forgets the pieces met so far. */
  clearCache?(): void;
  /** The `model` object of tokenizer.json. */
  toJSON(): unknown;
}

/** Tokens of one piece and the UTF-16 units of it that they stand for. */
export class TokenSpans {
  readonly ids: number[] = [];
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  /** Where a token is not what the vocabulary says (an unknown one in Unigram), its text. */
  readonly texts: (string | undefined)[] = [];

  push(id: number, start: number, end: number, text?: string): void {
    this.ids.push(id);
    this.starts.push(start);
    this.ends.push(end);
    this.texts.push(text);
  }

  /** Keeps the first `length` tokens. */
  truncate(length: number): void {
    for (const column of [this.ids, this.starts, this.ends, this.texts]) column.length = length;
  }

  clear(): void {
    this.truncate(0);
  }
}

/** A buffer that is reused does not keep room for more ids. */
const KEPT_IDS = 1 << 20;

/** A growing array of ids. */
export class IdBuffer {
  ids: Int32Array;
  length = 0;

  constructor(capacity = 1024) {
    this.ids = new Int32Array(capacity);
  }

  /** Empties it; the room of a long text is given back. */
  clear(): void {
    if (this.ids.length > KEPT_IDS) this.ids = new Int32Array(16);
    this.length = 0;
  }

  push(id: number): void {
    if (this.length === this.ids.length) this.reserve(1);
    this.ids[this.length++] = id;
  }

  /** Makes room for `count` more ids. */
  reserve(count: number): void {
    if (this.length + count <= this.ids.length) return;
    const ids = new Int32Array(Math.max(this.ids.length * 2, this.length + count));
    ids.set(this.ids.subarray(0, this.length));
    this.ids = ids;
  }

  append(ids: ArrayLike<number>): void {
    this.reserve(ids.length);
    for (let i = 0; i < ids.length; i++) this.ids[this.length++] = ids[i] as number;
  }

  toArray(): number[] {
    const result = new Array<number>(this.length);
    for (let i = 0; i < this.length; i++) result[i] = this.ids[i] as number;
    return result;
  }

  toInt32Array(): Int32Array {
    return this.ids.slice(0, this.length);
  }
}
