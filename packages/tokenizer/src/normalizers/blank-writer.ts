/**
 * The normalizers of SentencePiece's models in one pass over UTF-8: the charsmap's rules, blanks cut off the ends and
 * joined, and one put before the text. In what is written a blank stands for ▁ (see `pieces/blank-words.ts`).
 */
import type { Utf8Buffer } from '../bpe/utf8-buffer.ts';
import { Utf8Buffer as Buffer } from '../bpe/utf8-buffer.ts';
import { characterAt, characterLength } from '../unicode/utf8.ts';
import { CharsmapKinds, COPY, LOOK } from './charsmap-kinds.ts';
import type { Precompiled } from './precompiled.ts';

export interface BlankRules {
  readonly charsmap: Precompiled | undefined;
  /** Blanks are cut off the ends. */
  readonly trimsLeft: boolean;
  readonly trimsRight: boolean;
  /** Of several blanks one is left. */
  readonly collapses: boolean;
  /** Text that goes on or ends in other white space, or that has a ▁ of its own, is none of ours. */
  readonly onlyBlanks: boolean;
  /** Before which text a blank is put: any but an empty one, one that does not begin with ▁ or a blank, none. */
  readonly prefix: 'any' | 'always' | 'never';
}

const BLANK = 0x20;
const META = 0x2581;
const CARRIAGE_RETURN = 0x0d;
const LINE_FEED = 0x0a;
/** What an ASCII character does before another: nothing that is known, stay, become a blank. */
const STAYS = 1;
const IS_BLANK = 2;
/** Bytes of room. */
const ROOM = 16;

export class BlankWriter {
  readonly #rules: BlankRules;
  readonly #kinds: CharsmapKinds | undefined;
  readonly #source = new Buffer();
  readonly #ascii = new Uint8Array(256);
  readonly #encoder = new TextEncoder();
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  #target: Utf8Buffer = this.#source;
  /** How much of the target is written, and how many blanks of the text end it. */
  #length = 0;
  #blanks = 0;
  #isOurs = true;

  constructor(rules: BlankRules) {
    this.#rules = rules;
    this.#kinds = rules.charsmap && new CharsmapKinds(rules.charsmap);
    // NUL ends the text.
    for (let byte = 1; byte < 0x80; byte++) this.#ascii[byte] = this.#asciiKind(byte);
  }

  #asciiKind(byte: number): number {
    const kinds = this.#kinds;
    const isCopied = kinds?.staysInAscii(byte) ?? true;
    if (this.#rules.onlyBlanks && isCopied && byte >= 0x09 && byte <= 0x0d) return 0;
    if (byte === CARRIAGE_RETURN) return 0;
    if (isCopied) return byte === BLANK ? IS_BLANK : STAYS;
    const kind = kinds?.kindOf(byte) ?? COPY;
    if (kind === LOOK || kinds === undefined) return 0;
    const to = kinds.replacement(kind);
    return to.length === 1 && to[0] === BLANK ? IS_BLANK : 0;
  }

  /** Returns the number of bytes, or −1 where the text is none that the rules hold for. */
  write(text: string, target: Utf8Buffer): number {
    const { trimsRight, prefix } = this.#rules;
    const end = this.#source.write(text);
    const bytes = this.#source.bytes;
    bytes[end] = 0;
    this.#target = target;
    this.#reserve(end + ROOM);
    // A blank before the text, to be taken away where none belongs.
    target.bytes[0] = BLANK;
    this.#length = 1;
    this.#blanks = 0;
    this.#isOurs = true;
    for (let i = 0; i < end && this.#isOurs;) {
      i = this.#writeWide(bytes, this.#writeAscii(bytes, i));
      if (i < end) i = this.#writeCharacter(bytes, i, end);
    }
    if (trimsRight) this.#length -= this.#blanks;
    if (!this.#isOurs) return -1;
    if (this.#length === 1) return 0;
    const isPrefixed = prefix === 'any' || (prefix === 'always' && this.#target.bytes[1] !== BLANK);
    if (isPrefixed) return this.#length;
    this.#target.bytes.copyWithin(0, 1, this.#length);
    return this.#length - 1;
  }

  /** ASCII before ASCII; returns where it stopped. */
  #writeAscii(bytes: Uint8Array, i: number): number {
    const ascii = this.#ascii;
    const { collapses, trimsLeft } = this.#rules;
    const target = this.#target.bytes;
    let length = this.#length;
    let blanks = this.#blanks;
    let kind = ascii[bytes[i] as number] as number;
    while (kind !== 0) {
      const next = ascii[bytes[i + 1] as number] as number;
      if (next === 0) break;
      if (kind === STAYS) {
        target[length++] = bytes[i] as number;
        blanks = 0;
      } else if (!(collapses && blanks > 0) && !(trimsLeft && length === 1)) {
        target[length++] = BLANK;
        blanks++;
      }
      i++;
      kind = next;
    }
    this.#length = length;
    this.#blanks = blanks;
    return i;
  }

  /** Characters of three bytes that stay, before such or ASCII; returns where it stopped. */
  #writeWide(bytes: Uint8Array, i: number): number {
    const table = this.#kinds?.table;
    if (table === undefined || !isWide(bytes[i] as number)) return i;
    const target = this.#target.bytes;
    const start = i;
    let length = this.#length;
    let character = characterAt(bytes, i);
    // Below are ▁ and white space.
    while (character > 0x3000 && table[character] === COPY) {
      const next = bytes[i + 3] as number;
      let following = 0;
      if (isWide(next)) {
        following = characterAt(bytes, i + 3);
        const kind = table[following];
        if (kind === 0 || kind === LOOK) break;
      } else if (this.#ascii[next] === 0) break;
      target[length++] = bytes[i] as number;
      target[length++] = bytes[i + 1] as number;
      target[length++] = bytes[i + 2] as number;
      i += 3;
      character = following;
    }
    this.#length = length;
    if (i > start) this.#blanks = 0;
    return i;
  }

  /** One character, or a stretch of such as may join; returns its end. */
  #writeCharacter(bytes: Uint8Array, i: number, end: number): number {
    const kinds = this.#kinds;
    const next = i + characterLength(bytes[i] as number);
    const character = characterAt(bytes, i);
    if (kinds === undefined) {
      this.#emitCharacter(bytes, i, next, character, end);
      return next;
    }
    const kind = kinds.kindOf(character);
    if (character === CARRIAGE_RETURN && bytes[next] === LINE_FEED) {
      this.#emit(kinds.lineEnd, end - i);
      return next + 1;
    }
    if (kinds.rules.takesLongest) {
      const found = kind === LOOK ? kinds.ruleAt(bytes, i) : undefined;
      if (found !== undefined) {
        this.#emit(found.to, end - i);
        return found.end;
      }
    } else if (kind === LOOK || (next < end && kinds.kindOf(characterAt(bytes, next)) === LOOK)) {
      return this.#writeGraphemes(bytes, i, end, kinds);
    }
    if (kind === COPY || kind === LOOK) this.#emitCharacter(bytes, i, next, character, end);
    else this.#emit(kinds.replacement(kind), end - i);
    return next;
  }

  /** Up to a character that is one by itself and is followed by such a one. */
  #writeGraphemes(bytes: Uint8Array, start: number, end: number, kinds: CharsmapKinds): number {
    let i = start;
    let joinsNext = true;
    while (i < end) {
      const character = characterAt(bytes, i);
      const next = i + characterLength(bytes[i] as number);
      const isPlain = kinds.kindOf(character) !== LOOK;
      const isFollowed = next < end && kinds.kindOf(characterAt(bytes, next)) === LOOK;
      if (isPlain && !isFollowed && !joinsNext) break;
      // \r joins with \n, and a joiner with anything; at the beginning the character before is plain.
      joinsNext = character === CARRIAGE_RETURN || character === 0x200d;
      i = next;
    }
    const text = this.#decoder.decode(bytes.subarray(start, i));
    this.#emit(this.#encoder.encode(kinds.rules.normalizeGraphemes(text)), end - start);
    return i;
  }

  #emitCharacter(
    bytes: Uint8Array,
    start: number,
    end: number,
    character: number,
    textEnd: number,
  ): void {
    if (character === BLANK) return this.#emitBlank();
    if (this.#rules.onlyBlanks && (character === META || isOtherSpace(character)))
      this.#isOurs = false;
    // Room for the rest of the text besides.
    this.#reserve(this.#length + textEnd - start + ROOM);
    const target = this.#target.bytes;
    if (character === META) target[this.#length++] = BLANK;
    else for (let i = start; i < end; i++) target[this.#length++] = bytes[i] as number;
    this.#blanks = 0;
  }

  #emitBlank(): void {
    const { collapses, trimsLeft } = this.#rules;
    if ((collapses && this.#blanks > 0) || (trimsLeft && this.#length === 1)) return;
    this.#target.bytes[this.#length++] = BLANK;
    this.#blanks++;
  }

  /** @param left how many bytes of the text may come besides */
  #emit(bytes: Uint8Array, left: number): void {
    this.#reserve(this.#length + bytes.length + left + ROOM);
    for (let i = 0; i < bytes.length;) {
      const next = i + characterLength(bytes[i] as number);
      this.#emitCharacter(bytes, i, next, characterAt(bytes, i), bytes.length + left);
      i = next;
    }
  }

  #reserve(needed: number): void {
    const target = this.#target;
    if (needed <= target.bytes.length) return;
    const old = target.bytes;
    target.bytes = new Uint8Array(needed + (needed >> 1));
    target.bytes.set(old.subarray(0, this.#length));
    target.view = new DataView(target.bytes.buffer);
  }
}

/** Whether it begins a character of three bytes. */
function isWide(byte: number): boolean {
  return byte >= 0xe0 && byte < 0xf0;
}

/** White space but the blank. */
function isOtherSpace(character: number): boolean {
  if (character < 0x80) return character >= 0x09 && character <= 0x0d;
  if (character < 0x1680) return character === 0x85 || character === 0xa0;
  if (character > 0x3000) return false;
  return (
    (character >= 0x2000 && character <= 0x200a) ||
    [0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000].includes(character)
  );
}
