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
import type { WordPieceModel } from './word-piece-model.ts';

export interface BertParts {
  readonly model: WordPieceModel;
  readonly normalize: (text: string) => string;
  readonly split: (text: string) => string[];
  /** The normalizer sets ideographs apart. */
  readonly cutsIdeographs: boolean;
}

export class BertEncoder {
  readonly #parts: BertParts;
  readonly #pieces: PieceEncoder;
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  readonly #buffer = new Buffer(64);

  constructor(parts: BertParts) {
    this.#parts = parts;
    this.#pieces = new PieceEncoder({
      scan: bertScanner(parts.cutsIdeographs),
      encodePiece: (bytes, start, end, ids, count) =>
        this.#encodePiece(bytes.subarray(start, end), ids, count),
      hasPlainWords: false,
      // A character of three bytes may become four when it is taken apart.
      idsPerByte: 2,
    });
  }

  /** @param text As it came: not normalized. */
  encode(text: string, output: IdBuffer): void {
    this.#pieces.encode(text, output);
  }

  clearCache(): void {
    this.#pieces.clearCache();
  }

  #encodePiece(bytes: Uint8Array, ids: Int32Array, count: number): number {
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

/** Blanks, and behind them one ASCII punctuation character, one ideograph, or what else there is up to the next of these. */
function bertScanner(cutsIdeographs: boolean): ScanPiece {
  return (bytes, start, end) => {
    let i = start;
    while (i < end && KINDS[bytes[i] as number] === BLANK) i++;
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
  const first = bytes[i] as number;
  if (first > 0xef) return false;
  const second = bytes[i + 1] as number;
  const codePoint =
    ((first & 0x0f) << 12) | ((second & 0x3f) << 6) | ((bytes[i + 2] as number) & 0x3f);
  return (
    (codePoint >= 0x4e00 && codePoint <= 0x9fff) ||
    (codePoint >= 0x3400 && codePoint <= 0x4dbf) ||
    (codePoint >= 0xf900 && codePoint <= 0xfaff)
  );
}
