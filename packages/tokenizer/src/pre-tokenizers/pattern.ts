/**
 * Patterns of tokenizer.json as JavaScript regular expressions. The files are written for Oniguruma with Unicode
 * classes, so `\s`, `\d`, `\w` and `\p{L}` become those (JavaScript's `\s` has U+FEFF and lacks U+0085; its Unicode is newer),
 * `(?i:…)` is spelt out, and possessive quantifiers become a look-ahead with a back-reference.
 */
import { UnsupportedComponentError } from '../errors.ts';
import { asObject, formatError } from '../io/json-fields.ts';
import { propertyClass } from '../unicode/properties.ts';

/** What `\s`, `\d`, `\w` and `\h` are called in lower case, as properties; `h` has no name. */
const PROPERTIES: Readonly<Record<string, string>> = {
  s: 'White_Space',
  d: 'Nd',
  w: 'Word',
  h: '',
};
const HEX_DIGITS = '0-9a-fA-F';

/** Oniguruma's `\w` by itself, but not within brackets, also takes ² ³ ¹ ¼ ½ ¾. */
const WORD_ALONE = '\\u00b2\\u00b3\\u00b9\\u00bc-\\u00be';

/** In Oniguruma these are always the ends of lines. */
const ANCHORS: Readonly<Record<string, string>> = { '^': '(?<![^\\n])', $: '(?![^\\n])' };

/** `{String: …}` or `{Regex: …}`, always global. */
export function parsePattern(value: unknown, path: string): RegExp {
  const json = asObject(value, path);
  const literal = json['String'];
  if (typeof literal === 'string') return new RegExp(escapeLiteral(literal), 'gu');
  const source = json['Regex'];
  if (typeof source === 'string') return translatePattern(source, path);
  throw formatError(path, '{"String": …} or {"Regex": …}', value);
}

export function escapeLiteral(literal: string): string {
  return literal.replace(/[\\^$.*+?()[\]{}|/-]/gu, (character) =>
    character === '-' ? '\\u002d' : `\\${character}`,
  );
}

export function translatePattern(source: string, path = 'pattern'): RegExp {
  try {
    return new RegExp(new Translation(source).run(), 'gu');
  } catch (error) {
    throw new UnsupportedComponentError(
      `${path}: expected a regular expression that JavaScript can express, got ${JSON.stringify(source.slice(0, 200))} (${error instanceof Error ? error.message : String(error)}).`,
    );
  }
}

/** One pass over the source, writing the JavaScript form. */
class Translation {
  readonly #source: string;
  #position = 0;
  #inClass = 0;
  #output = '';
  /** For each open group: where its output began, and whether letters match in both cases. */
  readonly #groups: { start: number; ignoreCase: boolean }[] = [];
  #ignoreCase = false;
  /** Where the last atom (character, class or group) begins in the output. */
  #atom = 0;
  #captures = 0;

  constructor(source: string) {
    this.#source = source;
  }

  run(): string {
    while (this.#position < this.#source.length) this.#step();
    return this.#output;
  }

  #take(length: number): string {
    const text = this.#source.slice(this.#position, this.#position + length);
    this.#position += length;
    return text;
  }

  #emitAtom(text: string): void {
    if (this.#inClass === 0) this.#atom = this.#output.length;
    this.#output += text;
  }

  #step(): void {
    const character = String.fromCodePoint(this.#source.codePointAt(this.#position) as number);
    if (character === '\\') return this.#escape();
    if (this.#inClass > 0) return this.#stepInClass(character);
    if (character === '[') return this.#openClass();
    if (character === '(') return this.#open();
    if (character === ')') return this.#close();
    if ('*+?{'.includes(character)) return this.#quantifier();
    this.#take(character.length);
    const anchor = ANCHORS[character];
    if (anchor !== undefined) this.#emitAtom(anchor);
    else if ('|.'.includes(character)) this.#emitAtom(character);
    else if (character === '}' || character === ']') this.#emitAtom(`\\${character}`);
    else this.#emitAtom(this.#ignoreCase ? bothCases(character) : character);
  }

  #stepInClass(character: string): void {
    if (character === '[' || this.#source.startsWith('&&', this.#position)) {
      throw new Error('nested classes are not supported');
    }
    this.#take(character.length);
    if (character === ']') this.#inClass--;
    this.#output +=
      this.#ignoreCase && character !== ']' && character !== '-' && character !== '^'
        ? classCases(character)
        : character;
  }

  #openClass(): void {
    this.#emitAtom(this.#take(1));
    this.#inClass++;
    if (this.#source[this.#position] === '^') this.#output += this.#take(1);
  }

  #escape(): void {
    const name = this.#source[this.#position + 1] ?? '';
    const lower = name.toLowerCase();
    const property = PROPERTIES[lower];
    if (property !== undefined) {
      this.#take(2);
      if (property === '') return this.#emitClass(HEX_DIGITS, name !== lower);
      return this.#emitProperty(property, name !== lower);
    }
    if (lower === 'p') return this.#property();
    if ('AzZGKRXQE'.includes(name)) throw new Error(`\\${name} is not supported`);
    this.#take(2);
    // In unicode mode JavaScript only allows escapes of its own syntax characters, and `-` inside a class.
    const isSyntax = /[\\^$.*+?()[\]{}|/nrtfv0xu-]/u.test(name);
    if (name === '-' && this.#inClass === 0) this.#emitAtom('-');
    else this.#emitAtom(isSyntax ? `\\${name}` : name);
  }

  #emitClass(characters: string, isNegated: boolean): void {
    if (this.#inClass === 0) this.#emitAtom(isNegated ? `[^${characters}]` : `[${characters}]`);
    else if (!isNegated) this.#output += characters;
    else throw new Error('a negated class inside a class is not supported');
  }

  #property(): void {
    const end = this.#source.indexOf('}', this.#position);
    if (end < 0) throw new Error('a \\p without }');
    const text = this.#take(end + 1 - this.#position);
    const isInverse = text.startsWith('^', 3);
    const name = text.slice(isInverse ? 4 : 3, -1);
    this.#emitProperty(name, text.startsWith('\\P') !== isInverse);
  }

  #emitProperty(name: string, isNegated: boolean): void {
    const extra = name === 'Word' && this.#inClass === 0 ? WORD_ALONE : '';
    const own = propertyClass(name);
    if (own === undefined) this.#emitAtom(`\\${isNegated ? 'P' : 'p'}{${name}}`);
    else if (this.#inClass > 0) this.#output += isNegated ? propertyClass(name, true) : own;
    else this.#emitClass(own + extra, isNegated);
  }

  #open(): void {
    const rest = this.#source.slice(this.#position);
    const opening = /^\((?:\?(?:i:|:|=|!|<=|<!|>))?/u.exec(rest)?.[0] ?? '(';
    if (rest[1] === '?' && opening === '(') throw new Error(`${rest.slice(0, 4)} is not supported`);
    this.#groups.push({ start: this.#output.length, ignoreCase: this.#ignoreCase });
    this.#take(opening.length);
    if (opening === '(?i:') this.#ignoreCase = true;
    if (opening === '(?>') throw new Error('(?> is not supported');
    this.#output += opening === '(?i:' || opening === '(' ? '(?:' : opening;
  }

  #close(): void {
    const group = this.#groups.pop();
    if (group === undefined) throw new Error('an unmatched )');
    this.#output += this.#take(1);
    this.#ignoreCase = group.ignoreCase;
    this.#atom = group.start;
  }

  #quantifier(): void {
    const quantifier = /^(?:[*+?]|\{\d*(?:,\d*)?\})/u.exec(this.#source.slice(this.#position))?.[0];
    if (quantifier === undefined) throw new Error('a { that is no quantifier');
    this.#take(quantifier.length);
    this.#output += quantifier.startsWith('{,') ? `{0${quantifier.slice(1)}` : quantifier;
    const next = this.#source[this.#position];
    if (next === '?') this.#output += this.#take(1);
    else if (next === '+' && !quantifier.startsWith('{')) {
      this.#take(1);
      this.#makeAtomic();
    }
  }

  /** X++ as (?:(?=(X+))\1): the look-ahead, once matched, is not entered again. */
  #makeAtomic(): void {
    const atom = this.#output.slice(this.#atom);
    if (/\\\d/u.test(atom)) throw new Error('nested possessive quantifiers are not supported');
    this.#captures++;
    this.#output = `${this.#output.slice(0, this.#atom)}(?:(?=(${atom}))\\${this.#captures})`;
  }
}

/** Both cases, and the two characters beyond ASCII that fold to ASCII letters: ſ (U+017F) and K (U+212A). */
function classCases(character: string): string {
  const lower = character.toLowerCase();
  const upper = character.toUpperCase();
  const extra = lower === 's' ? '\u017f' : lower === 'k' ? '\u212a' : '';
  return lower === upper ? character : `${lower}${upper}${extra}`;
}

function bothCases(character: string): string {
  const cases = classCases(character);
  return cases === character ? character : `[${cases}]`;
}
