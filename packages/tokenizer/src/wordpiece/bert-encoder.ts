/**
 * The fast path of BERT: normalizing, splitting and WordPiece in one, for each stretch of text that stands by itself.
 *
 * BERT's normalizer works character by character, but for marks, which join nothing before them that is a blank, ASCII
 * punctuation or an ideograph; and its pre-tokenizer cuts there. So the text may be cut there first, and each different
 * stretch be worked on once.
 */
import type { IdBuffer } from '../model.ts';
import { IdBuffer as Buffer } from '../model.ts';
import { PieceEncoder } from '../pieces/piece-encoder.ts';
import type { ScanPiece } from '../pre-tokenizers/scan-gpt2.ts';
import { characterAt, characterLength } from '../unicode/utf8.ts';
import type { BertSteps } from './bert-characters.ts';
import { BertCharacters, COPY, COPY_ALONE, DROP, LOOK, SPACE } from './bert-characters.ts';
import { WordPieceBytes } from './word-piece-bytes.ts';
import type { WordPieceModel } from './word-piece-model.ts';

export interface BertParts extends BertSteps {
  readonly model: WordPieceModel;
  /** The normalizer sets ideographs apart. */
  readonly cutsIdeographs: boolean;
}

export class BertEncoder {
  readonly #parts: BertParts;
  readonly #pieces: PieceEncoder;
  readonly #characters: BertCharacters;
  #words: WordPieceBytes | undefined;
  /** What of a word has been read: `#word[0..#length)`. */
  #word = new Uint8Array(256);
  #length = 0;
  /** ASCII letters and digits as they are in words; 0 for what is not as simple. */
  readonly #ascii = new Uint8Array(128);
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  readonly #buffer = new Buffer(64);

  constructor(parts: BertParts) {
    this.#parts = parts;
    this.#characters = new BertCharacters(parts);
    for (let byte = 0x30; byte <= 0x7a; byte++) this.#ascii[byte] = this.#simple(byte);
    this.#pieces = new PieceEncoder({
      scan: bertScanner(parts.cutsIdeographs),
      encodePiece: (bytes, start, end, ids, count) =>
        this.#encodePiece(bytes, start, end, ids, count),
      hasPlainWords: false,
      // A character of three bytes may become four when it is taken apart.
      idsPerByte: 2,
    });
  }

  #simple(byte: number): number {
    const kind = this.#characters.kindOf(byte);
    if (kind === COPY) return byte;
    const to = kind > COPY_ALONE ? this.#characters.replacement(kind) : [];
    return kind % 2 === 0 && to.length === 1 ? (to[0] as number) : 0;
  }

  /** @param text As it came: not normalized. */
  encode(text: string, output: IdBuffer): void {
    this.#pieces.encode(text, output);
  }

  clearCache(): void {
    this.#pieces.clearCache();
  }

  #encodePiece(
    bytes: Uint8Array,
    start: number,
    end: number,
    ids: Int32Array,
    count: number,
  ): number {
    const characters = this.#characters;
    const ascii = this.#ascii;
    const begin = count;
    this.#length = 0;
    this.#reserve(end - start);
    for (let i = start; i < end;) {
      const byte = bytes[i] as number;
      const letter = byte < 0x80 ? (ascii[byte] as number) : 0;
      if (letter > 0) {
        this.#word[this.#length++] = letter;
        i++;
        continue;
      }
      const next = i + characterLength(byte);
      const kind = characters.kindOf(characterAt(bytes, i));
      if (kind === LOOK) return this.#encodeAsText(bytes.subarray(start, end), ids, begin);
      if (kind !== DROP) {
        const isCopied = kind === COPY || kind === COPY_ALONE;
        const isAlone = kind !== SPACE && kind % 2 === 1;
        if (kind === SPACE || isAlone) count = this.#endWord(ids, count);
        if (isCopied) this.#append(bytes, i, next);
        else if (kind !== SPACE) {
          const to = characters.replacement(kind);
          this.#append(to, 0, to.length);
        }
        if (isAlone) count = this.#endWord(ids, count);
      }
      i = next;
    }
    return this.#endWord(ids, count);
  }

  #endWord(ids: Int32Array, count: number): number {
    if (this.#length === 0) return count;
    this.#words ??= new WordPieceBytes(this.#parts.model);
    count = this.#words.encode(this.#word, this.#length, ids, count);
    this.#length = 0;
    return count;
  }

  #append(bytes: Uint8Array, start: number, end: number): void {
    this.#reserve(end - start);
    for (let i = start; i < end; i++) this.#word[this.#length++] = bytes[i] as number;
  }

  /** Room for so many bytes more, and as many again. */
  #reserve(count: number): void {
    if (this.#length + count <= this.#word.length) return;
    const word = new Uint8Array((this.#length + count) * 2);
    word.set(this.#word.subarray(0, this.#length));
    this.#word = word;
  }

  #encodeAsText(bytes: Uint8Array, ids: Int32Array, count: number): number {
    const { model, normalize, split } = this.#parts;
    const buffer = this.#buffer;
    buffer.length = 0;
    for (const piece of split(normalize(this.#decoder.decode(bytes))))
      model.tokenize(piece, buffer);
    for (let i = 0; i < buffer.length; i++) ids[count++] = buffer.ids[i] as number;
    return count;
  }
}

const BLANK = 1;
const ALONE = 2;
const KINDS = new Uint8Array(256);
for (const blank of ' \t\n\r') KINDS[blank.charCodeAt(0)] = BLANK;
for (let byte = 0x21; byte < 0x7f; byte++)
  if (/[^A-Za-z0-9]/.test(String.fromCharCode(byte))) KINDS[byte] = ALONE;

/**
 * A blank, and behind it one ASCII punctuation character, one ideograph, or what else there is up to the next of these;
 * before that, the blanks of a longer run, which are alike in many places.
 */
export function bertScanner(cutsIdeographs: boolean): ScanPiece {
  return (bytes, start, end) => {
    let i = start;
    while (i < end && KINDS[bytes[i] as number] === BLANK) i++;
    if (i > start + 1 && i < end) return i - 1;
    if (i < end && KINDS[bytes[i] as number] === ALONE) return i + 1;
    const from = i;
    for (; i < end; i++) {
      const byte = bytes[i] as number;
      if (KINDS[byte] !== 0) return i;
      if (cutsIdeographs && byte >= 0xe3 && isIdeograph(bytes, i)) return i === from ? i + 3 : i;
    }
    return i;
  };
}

/** Those of three bytes: CJK Unified Ideographs and extension A, and compatibility ideographs. */
function isIdeograph(bytes: Uint8Array, i: number): boolean {
  if ((bytes[i] as number) > 0xef) return false;
  const character = characterAt(bytes, i);
  return (
    (character >= 0x4e00 && character <= 0x9fff) ||
    (character >= 0x3400 && character <= 0x4dbf) ||
    (character >= 0xf900 && character <= 0xfaff)
  );
}
