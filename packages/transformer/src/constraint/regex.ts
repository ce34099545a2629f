// Regular expressions in JavaScript's syntax (the u flag's), as expressions. The whole text must match, so
// ^ and $ may stand at the ends only; what needs memory or a look around is refused.
import {
  characters,
  choice,
  complement,
  GrammarError,
  repeat,
  sequence,
  text,
  type CodePointRange,
  type Expression,
} from './expression.ts';
import { TextParser } from './text-parser.ts';

const DIGIT: CodePointRange[] = [[0x30, 0x39]];
const WORD: CodePointRange[] = [
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
];
/** What JavaScript's \s matches. */
const SPACE: CodePointRange[] = [
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
];
const LINE_ENDS: CodePointRange[] = [
  [0x0a, 0x0a],
  [0x0d, 0x0d],
  [0x2028, 0x2029],
];
const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, '0': 0 };
const LARGEST_REPEAT = 10_000;

/** @param anywhere what may stand before and after a match; absent where the whole text must match
 *  @throws GrammarError naming the place */
export function parseRegex(pattern: string, anywhere?: Expression): Expression {
  return new RegexParser(pattern, anywhere).parse();
}

class RegexParser extends TextParser {
  readonly #around: readonly Expression[];
  #depth = 0;

  constructor(pattern: string, anywhere?: Expression) {
    super(pattern);
    this.#around = anywhere === undefined ? [] : [repeat(anywhere, 0, Infinity)];
  }

  parse(): Expression {
    const expression = this.#choice();
    if (this.at < this.points.length) this.fail('the end', this.peek());
    return expression;
  }

  #choice(): Expression {
    const options = [this.#sequence()];
    while (this.take('|')) options.push(this.#sequence());
    return choice(...options);
  }

  #sequence(): Expression {
    const isOutside = this.#depth === 0;
    const items: Expression[] = [];
    if (!isOutside || !this.take('^')) items.push(...(isOutside ? this.#around : []));
    let hasEnd = false;
    for (let next = this.peek(); !isSequenceEnd(next); next = this.peek()) {
      hasEnd = isOutside && next === '$' && isSequenceEnd(this.points[this.at + 1]);
      if (hasEnd) this.at += 1;
      else items.push(this.#quantified());
    }
    if (isOutside && !hasEnd) items.push(...this.#around);
    return sequence(...items);
  }

  #quantified(): Expression {
    const item = this.#atom();
    const range = this.#quantifier();
    if (range === null) return item;
    this.take('?'); // which match is taken makes no difference to which texts match
    return repeat(item, ...range);
  }

  #quantifier(): [min: number, max: number] | null {
    if (this.take('*')) return [0, Infinity];
    if (this.take('+')) return [1, Infinity];
    if (this.take('?')) return [0, 1];
    const braces = /^\{(\d+)(,(\d*))?\}/.exec(this.points.slice(this.at, this.at + 24).join(''));
    if (braces === null) return null;
    const min = Number(braces[1]);
    const max = braces[2] === undefined ? min : braces[3] === '' ? Infinity : Number(braces[3]);
    const isSmall = min <= LARGEST_REPEAT && (max <= LARGEST_REPEAT || max === Infinity);
    if (min > max || !isSmall)
      this.fail(`a repetition of at most ${LARGEST_REPEAT}, its numbers rising`, braces[0]);
    this.at += braces[0].length;
    return [min, max];
  }

  #atom(): Expression {
    const next = this.next();
    switch (next) {
      case '(':
        return this.#group();
      case '[':
        return characters(...this.#class());
      case '.':
        return characters(...complement(LINE_ENDS));
      case '\\':
        return characters(...this.#escape());
      case '*':
      case '+':
      case '?':
        this.at -= 1;
        return this.fail('something to repeat', next);
      case '^':
      case '$':
        return this.fail(`${next} at an end only, for the whole text must match`, next);
      default:
        return text(next);
    }
  }

  #group(): Expression {
    if (this.take('?')) {
      const kind = this.next();
      if (kind === '<') {
        if (['=', '!'].includes(this.peek() ?? '')) this.fail('no look-behind', '(?<');
        while (this.next() !== '>');
      } else if (kind !== ':') this.fail('a group without look-ahead or flags', `(?${kind}`);
    }
    this.#depth += 1;
    const inner = this.#choice();
    this.#depth -= 1;
    if (!this.take(')')) this.fail('a closing )', this.peek());
    return inner;
  }

  /** After the opening bracket. */
  #class(): CodePointRange[] {
    const isNegated = this.take('^');
    const ranges: CodePointRange[] = [];
    while (!this.take(']')) {
      const from = this.#classItem();
      const isRange = this.peek() === '-' && this.points[this.at + 1] !== ']';
      if (!isRange) {
        ranges.push(...from);
        continue;
      }
      this.at += 1;
      const to = this.#classItem();
      const [low, high] = [single(from), single(to)];
      if (low === null || high === null || low > high) this.fail('a rising range', '-');
      else ranges.push([low, high]);
    }
    return isNegated ? complement(ranges) : ranges;
  }

  #classItem(): CodePointRange[] {
    const next = this.next();
    return next === '\\' ? this.#escape(true) : [point(next.codePointAt(0)!)];
  }

  /** After the backslash. */
  #escape(isInClass = false): CodePointRange[] {
    const next = this.next();
    if (next === 'd') return DIGIT;
    if (next === 'D') return complement(DIGIT);
    if (next === 'w') return WORD;
    if (next === 'W') return complement(WORD);
    if (next === 's') return SPACE;
    if (next === 'S') return complement(SPACE);
    if (next === 'p' || next === 'P') return this.#property(next);
    if (next === 'x') return [point(this.#hex(2))];
    if (next === 'u') return [point(this.#unicode())];
    if (next === 'b' && isInClass) return [point(8)];
    if (/[1-9bBk]/.test(next)) this.fail('no back reference or word border', `\\${next}`);
    const control = CONTROLS[next];
    if (control === undefined && /[A-Za-z]/.test(next)) this.fail('a known escape', `\\${next}`);
    return [point(control ?? next.codePointAt(0)!)];
  }

  #unicode(): number {
    if (!this.take('{')) return this.#hex(4);
    let digits = '';
    for (let next = this.next(); next !== '}'; next = this.next()) digits += next;
    return this.#number(digits);
  }

  #hex(length: number): number {
    let digits = '';
    for (let i = 0; i < length; i++) digits += this.next();
    return this.#number(digits);
  }

  #number(digits: string): number {
    const value = /^[0-9a-fA-F]+$/.test(digits) ? Number.parseInt(digits, 16) : Infinity;
    if (value > 0x10ffff) this.fail('a code point in hexadecimal', digits);
    return value;
  }

  #property(letter: 'p' | 'P'): CodePointRange[] {
    let name = '';
    if (!this.take('{')) this.fail('{ and a property', this.peek());
    for (let next = this.next(); next !== '}'; next = this.next()) name += next;
    try {
      return matching(new RegExp(`\\${letter}{${name}}`, 'u'));
    } catch {
      return this.fail('a Unicode property', name);
    }
  }

  protected override fail(expected: string, got: string | undefined): never {
    const found = got === undefined ? 'the end' : JSON.stringify(got);
    throw new GrammarError(
      `regex: character ${this.at + 1}: expected ${expected}, got ${found}. Change the expression.`,
    );
  }
}

const isSequenceEnd = (next: string | undefined): boolean =>
  next === undefined || next === '|' || next === ')';

const point = (codePoint: number): CodePointRange => [codePoint, codePoint];

function single(ranges: readonly CodePointRange[]): number | null {
  const [first] = ranges;
  return ranges.length === 1 && first![0] === first![1] ? first![0] : null;
}

/** All code points that JavaScript's own class matches. */
function matching(wanted: RegExp): CodePointRange[] {
  const ranges: CodePointRange[] = [];
  let from = -1;
  for (let codePoint = 0; codePoint <= 0x110000; codePoint++) {
    const isIn = codePoint <= 0x10ffff && wanted.test(String.fromCodePoint(codePoint));
    if (isIn && from < 0) from = codePoint;
    if (isIn || from < 0) continue;
    ranges.push([from, codePoint - 1]);
    from = -1;
  }
  return ranges;
}
