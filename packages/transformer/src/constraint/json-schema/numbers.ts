// Numbers of a JSON schema, with or without bounds.
import {
  characters,
  choice,
  optional,
  repeat,
  sequence,
  text,
  type Expression,
} from '../expression.ts';
import { FRACTION, INTEGER, NUMBER } from './json-text.ts';
import { integerRange } from './number-range.ts';
import { refuse, type Schema } from './schema.ts';

export function numberExpression(
  type: 'number' | 'integer',
  schema: Schema,
  path: string,
): Expression {
  const bounds = boundsOf(schema, path);
  const isFree = bounds.min === -Infinity && bounds.max === Infinity;
  if (type === 'integer') return isFree ? INTEGER : integers(bounds, path);
  return isFree ? NUMBER : decimals(bounds, path);
}

interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly withoutMin: boolean;
  readonly withoutMax: boolean;
}

function boundsOf(schema: Schema, path: string): Bounds {
  const read = (key: string, absent: number): number => {
    const value = schema[key];
    if (value === undefined) return absent;
    return typeof value === 'number' ? value : refuse(`${path}/${key}`, 'a number', value);
  };
  const [above, below] = [read('exclusiveMinimum', -Infinity), read('exclusiveMaximum', Infinity)];
  const [min, max] = [read('minimum', -Infinity), read('maximum', Infinity)];
  return {
    min: Math.max(min, above),
    max: Math.min(max, below),
    withoutMin: above >= min && above > -Infinity,
    withoutMax: below <= max && below < Infinity,
  };
}

function integers({ min, max, withoutMin, withoutMax }: Bounds, path: string): Expression {
  const low = withoutMin && Number.isInteger(min) ? min + 1 : min;
  const high = withoutMax && Number.isInteger(max) ? max - 1 : max;
  return integerRange(low, high) ?? refuse(path, 'a whole number between the bounds', [min, max]);
}

/** Numbers without exponents: those at and above 0, and those below it by their absolute values. */
function decimals({ min, max, withoutMin, withoutMax }: Bounds, path: string): Expression {
  for (const bound of [min, max])
    if (Number.isFinite(bound) && !Number.isInteger(bound))
      refuse(path, 'whole bounds of a number', bound);
  const options: Expression[] = [];
  if (max > 0 || (max === 0 && !withoutMax))
    options.push(...from0(Math.max(min, 0), max, withoutMin && min >= 0, withoutMax));
  if (min < 0) {
    const negative = from0(
      Math.max(-max, 0),
      -min,
      (withoutMax && max <= 0) || max >= 0,
      withoutMin,
    );
    options.push(...negative.map((option) => sequence(text('-'), option)));
  }
  return options.length > 0
    ? choice(...options)
    : refuse(path, 'a number between the bounds', [min, max]);
}

/** 0 ≤ low ≤ high: low itself, what lies between whole numbers, whole numbers, high itself. */
function from0(low: number, high: number, withoutLow: boolean, withoutHigh: boolean): Expression[] {
  const options: Expression[] = [];
  const whole = integerRange(withoutLow ? low + 1 : low, withoutHigh ? high - 1 : high);
  if (whole !== null) options.push(whole);
  if (low >= high) return options;
  const from = low + 1 <= high - 1 ? integerRange(low + 1, high - 1) : null;
  if (from !== null) options.push(sequence(from, FRACTION));
  options.push(sequence(text(String(low)), withoutLow ? NONZERO_FRACTION : optional(FRACTION)));
  return options;
}

const DIGITS = repeat(characters([0x30, 0x39]), 0, 7);
const NONZERO_FRACTION = sequence(
  text('.'),
  repeat(text('0'), 0, 7),
  characters([0x31, 0x39]),
  DIGITS,
);
