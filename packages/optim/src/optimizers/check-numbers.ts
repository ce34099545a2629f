import { ConfigError } from '../errors.ts';

/** A range that an option must lie in, in words and as a test. */
export interface Range {
  readonly expected: string;
  readonly holds: (value: number) => boolean;
}

export const NOT_NEGATIVE: Range = { expected: 'a number ≥ 0', holds: (value) => value >= 0 };
export const POSITIVE: Range = { expected: 'a number > 0', holds: (value) => value > 0 };
export const POSITIVE_INTEGER: Range = {
  expected: 'a positive integer',
  holds: (value) => Number.isSafeInteger(value) && value > 0,
};
/** Of a moving average's decay. */
export const FRACTION: Range = {
  expected: 'a number in [0, 1)',
  holds: (value) => value >= 0 && value < 1,
};

/** @throws ConfigError that names the first option outside its range */
export function checkNumbers(
  name: string,
  options: Readonly<Record<string, readonly [value: number, range: Range]>>,
): void {
  for (const [option, [value, { expected, holds }]] of Object.entries(options)) {
    if (Number.isFinite(value) && holds(value)) continue;
    throw new ConfigError(`${name}: ${option}: expected ${expected}, got ${value}.`);
  }
}
