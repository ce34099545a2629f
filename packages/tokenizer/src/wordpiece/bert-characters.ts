/**
 * What BERT's normalizer and pre-tokenizer make of each character by itself. They work character by character, but for
 * the order of marks that are kept, so this is what they make of a text. Worked out when a character first comes.
 */
import { combiningClass } from '../alignment/unicode-forms.ts';

/** Nothing is left of it. */
export const DROP = 1;
/** White space: it ends a word. */
export const SPACE = 2;
/** What stands around it decides, so that the whole stretch must be looked at. */
export const LOOK = 3;
/** It stays and is part of a word, … */
export const COPY = 4;
/** … or a word by itself. */
export const COPY_ALONE = 5;
/** This and greater ones become `replacement(kind)`: even ones are part of a word, odd ones words by themselves. */
const REPLACED = 6;

const LETTER = 'a';

export interface BertSteps {
  readonly normalize: (text: string) => string;
  readonly split: (text: string) => string[];
  /** Marks are taken apart, and most are dropped. */
  readonly stripsAccents: boolean;
}

export class BertCharacters {
  readonly #steps: BertSteps;
  /** By character below U+10000; 0: not looked at yet. */
  readonly #kinds = new Uint16Array(1 << 16);
  readonly #astral = new Map<number, number>();
  readonly #replacements: Uint8Array[] = [];
  readonly #encoder = new TextEncoder();

  constructor(steps: BertSteps) {
    this.#steps = steps;
  }

  kindOf(character: number): number {
    if (character < 0x10000)
      return (
        (this.#kinds[character] as number) || (this.#kinds[character] = this.#classify(character))
      );
    let kind = this.#astral.get(character);
    if (kind === undefined) this.#astral.set(character, (kind = this.#classify(character)));
    return kind;
  }

  /** UTF-8. */
  replacement(kind: number): Uint8Array {
    return this.#replacements[(kind - REPLACED) >> 1] as Uint8Array;
  }

  #classify(character: number): number {
    const { normalize, split, stripsAccents } = this.#steps;
    const text = String.fromCodePoint(character);
    const normalized = normalize(text);
    if (normalized === '') return DROP;
    if (stripsAccents && [...normalized].some(isMovable)) return LOOK;
    const pieces = split(normalized);
    if (pieces.length === 0) return SPACE;
    const [piece] = pieces as [string];
    if (pieces.length > 1) return LOOK;
    // An ideograph is set apart by blanks, punctuation by the pre-tokenizer.
    const isAlone = split(`${LETTER}${normalized}${LETTER}`).length > 1;
    if (isAlone ? !this.#standsAlone(normalized) : piece !== normalized) return LOOK;
    if (piece === text) return isAlone ? COPY_ALONE : COPY;
    const place = this.#replacements.push(this.#encoder.encode(piece)) - 1;
    return REPLACED + place * 2 + (isAlone ? 1 : 0);
  }

  /** Whether words end on both sides of it. */
  #standsAlone(normalized: string): boolean {
    const { split } = this.#steps;
    return split(LETTER + normalized).length === 2 && split(normalized + LETTER).length === 2;
  }
}

/** Whether marks beside it may come to stand before it. */
function isMovable(character: string): boolean {
  return combiningClass(character) !== 0 || /\p{Mn}/u.test(character);
}
