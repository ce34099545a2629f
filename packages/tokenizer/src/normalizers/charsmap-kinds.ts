/**
 * SentencePiece's rules by character, for passes over bytes: whether a character stays as it is, becomes something else
 * wherever it stands, or must be looked at with what follows it. Worked out when a character first comes.
 */
import type { Precompiled } from './precompiled.ts';
import { ALONE, INERT, NEEDS_MARK } from './precompiled.ts';
import { longestPrefix } from './double-array.ts';

/** The character stays. */
export const COPY = 1;
/** What stands behind it decides. */
export const LOOK = 2;
/** This and greater ones: it becomes `replacement(kind)`. */
const REPLACED = 3;

export class CharsmapKinds {
  readonly rules: Precompiled;
  /** What `kindOf` has found, by character below U+10000; 0: nothing yet. */
  readonly table = new Uint16Array(1 << 16);
  readonly #astral = new Map<number, number>();
  readonly #replacements: Uint8Array[] = [];
  readonly #encoder = new TextEncoder();
  /** What \r\n becomes, in UTF-8. */
  readonly lineEnd: Uint8Array;

  constructor(rules: Precompiled) {
    this.rules = rules;
    this.lineEnd = this.#encoder.encode(rules.normalize('\r\n'));
  }

  kindOf(character: number): number {
    if (character < 0x10000)
      return (
        (this.table[character] as number) || (this.table[character] = this.#classify(character))
      );
    let kind = this.#astral.get(character);
    if (kind === undefined) this.#astral.set(character, (kind = this.#classify(character)));
    return kind;
  }

  /** UTF-8. */
  replacement(kind: number): Uint8Array {
    return this.#replacements[kind - REPLACED] as Uint8Array;
  }

  /** The longest rule at a place, or undefined: its replacement and where it ends. The bytes must be zero-ended. */
  ruleAt(bytes: Uint8Array, start: number): { to: Uint8Array; end: number } | undefined {
    const { value, end } = longestPrefix(this.rules.units, bytes, start);
    const to = value < 0 ? undefined : this.rules.replacement(value);
    return to === undefined ? undefined : { to: this.#encoder.encode(to), end };
  }

  #classify(character: number): number {
    const { rules } = this;
    const text = String.fromCodePoint(character);
    if (rules.takesLongest) {
      if (character > 0xffff) return LOOK;
      const kind = rules.classify(character);
      if (kind === INERT) return COPY;
      return kind === ALONE ? this.#replace(rules.find(text)) : LOOK;
    }
    // \r joins with nothing but \n.
    return rules.isPlain(text) || text === '\r' ? this.#replace(rules.find(text)) : LOOK;
  }

  /** Whether an ASCII character stays as long as ASCII follows; `LOOK` ones with marks do. */
  staysInAscii(character: number): boolean {
    if (this.kindOf(character) === COPY) return true;
    return this.rules.takesLongest && this.rules.classify(character) === NEEDS_MARK;
  }

  #replace(to: string | undefined): number {
    if (to === undefined) return COPY;
    return REPLACED + this.#replacements.push(this.#encoder.encode(to)) - 1;
  }
}
