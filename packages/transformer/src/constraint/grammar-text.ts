// Grammars as text, in the notation of llama.cpp's GBNF: `name ::= expression`, "texts", [classes], ( ), |,
// * + ? {m,n}, # comments. Rules begin on a line of their own; inside parentheses they may go on.
import {
  characters,
  choice,
  complement,
  GrammarError,
  repeat,
  rule,
  sequence,
  text,
  type CodePointRange,
  type Expression,
  type Grammar,
} from './expression.ts';
import { TextParser } from './text-parser.ts';

const NAME = /[A-Za-z0-9_-]/;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/** The root is the rule named "root". @throws GrammarError naming the line */
export function parseGrammar(source: string, root = 'root'): Grammar {
  return new GrammarParser(source).parse(root);
}

class GrammarParser extends TextParser {
  readonly #rules = new Map<string, Expression>();

  parse(root: string): Grammar {
    this.#skip(true);
    while (this.peek() !== undefined) this.#rule();
    if (!this.#rules.has(root)) this.fail(`a rule named ${root}`, undefined);
    return { rules: this.#rules, root };
  }

  #rule(): void {
    const name = this.#name();
    if (this.#rules.has(name)) this.fail('one definition of each rule', name);
    this.#skip(false);
    for (const letter of '::=') if (!this.take(letter)) this.fail('::=', this.peek());
    this.#skip(true);
    this.#rules.set(name, this.#choice(false));
    this.#skip(true);
  }

  #choice(isNested: boolean): Expression {
    const options = [this.#sequence(isNested)];
    while (this.take('|')) {
      this.#skip(true);
      options.push(this.#sequence(isNested));
    }
    return choice(...options);
  }

  #sequence(isNested: boolean): Expression {
    const items: Expression[] = [];
    for (;;) {
      const item = this.#item();
      if (item === null) break;
      items.push(this.#quantified(item));
      this.#skip(isNested);
      // A line that begins with | goes on with the rule.
      const before = this.at;
      this.#skip(true);
      if (this.peek() !== '|') this.at = before;
    }
    return sequence(...items);
  }

  #item(): Expression | null {
    const next = this.peek();
    if (next === '"') return this.#literal();
    if (next === '[') return characters(...this.#class());
    if (next === '.') {
      this.at += 1;
      return characters(...complement([]));
    }
    if (next === '(') {
      this.at += 1;
      this.#skip(true);
      const inner = this.#choice(true);
      if (!this.take(')')) this.fail('a closing )', this.peek());
      return inner;
    }
    return next !== undefined && NAME.test(next) ? rule(this.#name()) : null;
  }

  #quantified(item: Expression): Expression {
    if (this.take('*')) return repeat(item, 0, Infinity);
    if (this.take('+')) return repeat(item, 1, Infinity);
    if (this.take('?')) return repeat(item, 0, 1);
    const braces = /^\{(\d+)(,(\d*))?\}/.exec(this.points.slice(this.at, this.at + 24).join(''));
    if (braces === null) return item;
    this.at += braces[0].length;
    const min = Number(braces[1]);
    const max = braces[2] === undefined ? min : braces[3] === '' ? Infinity : Number(braces[3]);
    if (min > max) this.fail('a repetition whose numbers rise', braces[0]);
    return repeat(item, min, max);
  }

  #literal(): Expression {
    this.at += 1;
    let content = '';
    while (!this.take('"')) content += this.#character();
    return text(content);
  }

  #class(): CodePointRange[] {
    this.at += 1;
    const isNegated = this.take('^');
    const ranges: CodePointRange[] = [];
    while (!this.take(']')) {
      const from = this.#character().codePointAt(0)!;
      const isRange = this.peek() === '-' && this.points[this.at + 1] !== ']';
      if (isRange) this.at += 1;
      const to = isRange ? this.#character().codePointAt(0)! : from;
      if (to < from) this.fail('a rising range', String.fromCodePoint(from, 45, to));
      ranges.push([from, to]);
    }
    return isNegated ? complement(ranges) : ranges;
  }

  /** One character, perhaps escaped. */
  #character(): string {
    const next = this.next();
    if (next !== '\\') return next;
    const escaped = this.next();
    const length = { x: 2, u: 4, U: 8 }[escaped];
    if (length === undefined) return ESCAPES[escaped] ?? escaped;
    const digits = Array.from({ length }, () => this.next()).join('');
    const value = /^[0-9a-fA-F]+$/.test(digits) ? Number.parseInt(digits, 16) : Infinity;
    return value <= 0x10ffff
      ? String.fromCodePoint(value)
      : this.fail('a code point in hexadecimal', digits);
  }

  #name(): string {
    let name = '';
    while (NAME.test(this.peek() ?? ' ')) name += this.next();
    return name === '' ? this.fail('the name of a rule', this.peek()) : name;
  }

  /** Blanks and comments, over line ends if they do not count. */
  #skip(overLines: boolean): void {
    for (let next = this.peek(); next !== undefined; next = this.peek()) {
      if (next === '#') while (this.peek() !== undefined && this.peek() !== '\n') this.at += 1;
      else if (next === ' ' || next === '\t' || (overLines && /[\r\n]/.test(next))) this.at += 1;
      else return;
    }
  }

  protected override fail(expected: string, got: string | undefined): never {
    const line = this.points.slice(0, this.at).filter((letter) => letter === '\n').length + 1;
    const found = got === undefined ? 'the end' : JSON.stringify(got);
    throw new GrammarError(
      `grammar: line ${line}: expected ${expected}, got ${found}. Change the grammar.`,
    );
  }
}
