// How a configuration is read: each architecture lists its fields once, with kind and default, and
// `readFields` turns untrusted values into a typed record or says which key is wrong.
import { ConfigError } from '../errors.ts';

/** One field: the value when the key is absent, and what a present value must be. */
export interface Field<T> {
  readonly default: T;
  readonly expected: string;
  readonly accepts: (value: unknown) => boolean;
}

export type Fields<T> = { readonly [K in keyof T]: Field<T[K]> };

function field<T>(fallback: T, expected: string, accepts: (value: unknown) => boolean): Field<T> {
  return { default: fallback, expected, accepts };
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) > 0;
const isTokenId = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;
const isFinite = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value);

export const count = (fallback: number): Field<number> =>
  field(fallback, 'a positive integer', isCount);

export const optionalCount = (): Field<number | null> =>
  field<number | null>(null, 'a positive integer or null', (v) => v === null || isCount(v));

export const positive = (fallback: number): Field<number> =>
  field(fallback, 'a positive number', (v) => isFinite(v) && Number(v) > 0);

export const rate = (fallback: number): Field<number> =>
  field(fallback, 'a number in [0, 1)', (v) => isFinite(v) && Number(v) >= 0 && Number(v) < 1);

export const flag = (fallback: boolean): Field<boolean> =>
  field(fallback, 'true or false', (v) => typeof v === 'boolean');

export const oneOf = <T extends string>(fallback: T, choices: readonly T[]): Field<T> =>
  field(fallback, `one of ${choices.join(', ')}`, (v) => choices.some((choice) => choice === v));

export const tokenId = (fallback: number | null): Field<number | null> =>
  field(fallback, 'a token id or null', (v) => v === null || isTokenId(v));

export const tokenIds = (fallback: TokenIds): Field<TokenIds> =>
  field(
    fallback,
    'a token id, a list of them or null',
    (v) => v === null || isTokenId(v) || (Array.isArray(v) && v.every(isTokenId)),
  );

export type TokenIds = number | readonly number[] | null;

/** Reads the listed fields of `input` (camelCase keys); other keys are left alone. */
export function readFields<T extends object>(
  owner: string,
  fields: Fields<T>,
  input: Readonly<Record<string, unknown>>,
): T {
  const keys = Object.keys(fields) as (keyof T & string)[];
  const entries = keys.map((key) => {
    const { default: fallback, expected, accepts } = fields[key];
    const value = input[key];
    if (value === undefined) return [key, fallback];
    if (!accepts(value)) {
      const got = JSON.stringify(value);
      throw new ConfigError(
        `${owner}: ${key}: expected ${expected}, got ${got}. Correct config.json.`,
      );
    }
    return [key, value];
  });
  return Object.fromEntries(entries) as T;
}
