// Whole numbers between two bounds, digit by digit.
import { characters, choice, repeat, sequence, text, type Expression } from '../expression.ts';

const ZERO = 0x30;
const digit = (from: number, to: number): Expression => characters([ZERO + from, ZERO + to]);
const anyDigits = (count: number): Expression => repeat(digit(0, 9), count, count);

/** min … max; at most 15 digits where a bound is infinite. null if there is none. */
export function integerRange(min: number, max: number): Expression | null {
  const limit = 10 ** 15 - 1;
  const [low, high] = [Math.max(Math.ceil(min), -limit), Math.min(Math.floor(max), limit)];
  if (low > high) return null;
  const options: Expression[] = [];
  if (low < 0) options.push(sequence(text('-'), naturalRange(Math.max(1, -high), -low)));
  if (high >= 0) options.push(naturalRange(Math.max(low, 0), high));
  return choice(...options);
}

/** 0 ≤ min ≤ max, without leading zeros. */
function naturalRange(min: number, max: number): Expression {
  const options: Expression[] = [];
  for (let length = String(min).length; length <= String(max).length; length++) {
    const from = Math.max(min, length === 1 ? 0 : 10 ** (length - 1));
    options.push(sameLength(String(from), String(Math.min(max, 10 ** length - 1))));
  }
  return choice(...options);
}

/** Numbers of one length, from ≤ to. */
function sameLength(from: string, to: string): Expression {
  if (from === '') return text('');
  if (/^0+$/.test(from) && /^9+$/.test(to)) return anyDigits(from.length);
  const [low, high] = [Number(from[0]), Number(to[0])];
  const rest = from.length - 1;
  if (low === high) return sequence(text(from[0]!), sameLength(from.slice(1), to.slice(1)));
  const options = [sequence(text(from[0]!), sameLength(from.slice(1), '9'.repeat(rest)))];
  if (high - low > 1) options.push(sequence(digit(low + 1, high - 1), anyDigits(rest)));
  options.push(sequence(text(to[0]!), sameLength('0'.repeat(rest), to.slice(1))));
  return choice(...options);
}
