import { describe, expect, it } from 'vitest';
import { compileConstraint } from './constraint.ts';
import { randomText, VOCABULARY } from './random-text.ts';

const ARITHMETIC = `
# sums of products, nested
root   ::= sum
sum    ::= factor (("+" | "-") factor)*
factor ::= number
         | "(" sum ")"   # any depth
number ::= [1-9] [0-9]{0,2}
`;

const LISTS = `root ::= item ("," " "? item)+ "\\n"
item ::= "\\x41" [^,\\n\\U0001F600]{1,3} | rest
rest ::= "(" rest? ")"`;

const accepts = (grammar: string, text: string): boolean => {
  const constraint = compileConstraint({ grammar }, VOCABULARY);
  try {
    return constraint.isAccepting(constraint.stateAfter([...new TextEncoder().encode(text)]));
  } catch {
    return false;
  }
};

describe('a grammar', () => {
  it('holds random texts to its rules: sums that JavaScript can work out', () => {
    const constraint = compileConstraint({ grammar: ARITHMETIC }, VOCABULARY);
    let deepest = 0;
    for (let seed = 0; seed < 200; seed++) {
      const text = randomText(constraint, seed, 40);
      expect(text).toMatch(/^[-+()0-9]+$/);
      expect(Number.isFinite(Function(`return ${text}`)())).toBe(true);
      deepest = Math.max(deepest, text.split('(').length - 1);
    }
    expect(deepest).toBeGreaterThan(3);
  });

  it('counts parentheses however deep', () => {
    const nested = (depth: number, closing = depth): string =>
      '('.repeat(depth) + ')'.repeat(closing);
    expect(accepts(LISTS, `${nested(40)}, ${nested(1)}\n`)).toBe(true);
    expect(accepts(LISTS, `${nested(40, 39)}, ()\n`)).toBe(false);
    expect(accepts(LISTS, 'Aé1,()\n')).toBe(true);
    expect(accepts(LISTS, 'A😀,()\n')).toBe(false);
    expect(accepts(LISTS, '()\n')).toBe(false);
  });

  it('stays flat for a list that refers to itself last', () => {
    const constraint = compileConstraint({ grammar: 'root ::= "a" root | "b"' }, VOCABULARY);
    const states = [50, 51, 90].map((n) => constraint.stateAfter(Array<number>(n).fill(97)));
    expect(new Set(states).size).toBe(1);
  });

  it.each([
    [
      'root ::= root "a" | "b"',
      'rule root: expected a rule that reads something before it comes back',
    ],
    ['root ::= a "x"\na ::= "y"? root', 'left recursion'],
    ['root ::= nothing', 'rule nothing: expected a definition'],
    ['main ::= "a"', 'expected a rule named root'],
    ['root ::= "a', 'line 1: expected more, got the end'],
    ['root ::= ("a"\n', 'expected a closing )'],
    ['root ::= "a"\nroot ::= "b"', 'expected one definition of each rule'],
    ['root = "a"', 'line 1: expected ::='],
    ['root ::= "a" root', 'expected a text that tokens of one byte can spell, got none'],
  ])('%s is refused', (grammar, message) => {
    expect(() => compileConstraint({ grammar }, VOCABULARY)).toThrow(message);
  });
});
