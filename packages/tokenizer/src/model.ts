/** What every model (BPE, WordPiece, …) gives the tokenizer: a vocabulary, and tokens of one pre-tokenized piece. */
export interface Model {
  /** The `type` in tokenizer.json. */
  readonly type: string;
  /** One more than the highest id. */
  readonly vocabSize: number;
  tokenToId(token: string): number | undefined;
  idToToken(id: number): string | undefined;
  /** Appends the ids of one piece. */
  tokenize(piece: string, output: IdBuffer): void;
  /** The `model` object of tokenizer.json. */
  toJSON(): unknown;
}

/** A growing array of ids. */
export class IdBuffer {
  ids: Int32Array;
  length = 0;

  constructor(capacity = 1024) {
    this.ids = new Int32Array(capacity);
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
