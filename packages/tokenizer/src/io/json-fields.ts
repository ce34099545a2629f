/**
 * Typed reading of untrusted JSON. Every reader takes the path of the value, so that an error names the place:
 * `tokenizer.json: model.vocab: expected an object, got null.`
 */
import { TokenizerFormatError } from '../errors.ts';

export type JsonObject = { readonly [key: string]: unknown };

export function describe(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 60));
  if (typeof value === 'object') return 'an object';
  return String(value);
}

export function formatError(path: string, expected: string, got: unknown): TokenizerFormatError {
  return new TokenizerFormatError(`${path}: expected ${expected}, got ${describe(got)}.`);
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function asObject(value: unknown, path: string): JsonObject {
  if (!isObject(value)) throw formatError(path, 'an object', value);
  return value;
}

export function asArray(value: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(value)) throw formatError(path, 'an array', value);
  return value as readonly unknown[];
}

export function asString(value: unknown, path: string): string {
  if (typeof value !== 'string') throw formatError(path, 'a string', value);
  return value;
}

/** A token id: a whole number from 0 to 2³¹ − 1. */
export function asId(value: unknown, path: string): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > 0x7fffffff) {
    throw formatError(path, 'a whole number from 0 to 2147483647', value);
  }
  return value;
}

export function stringField(json: JsonObject, key: string, path: string): string {
  return asString(json[key], `${path}.${key}`);
}

/** A missing or null field gives the default. */
export function optionalString(json: JsonObject, key: string, path: string): string | undefined {
  return json[key] === undefined || json[key] === null ? undefined : stringField(json, key, path);
}

export function booleanField(
  json: JsonObject,
  key: string,
  path: string,
  byDefault: boolean,
): boolean {
  const value = json[key];
  if (value === undefined || value === null) return byDefault;
  if (typeof value !== 'boolean') throw formatError(`${path}.${key}`, 'true or false', value);
  return value;
}

export function integerField(
  json: JsonObject,
  key: string,
  path: string,
  byDefault: number,
): number {
  const value = json[key];
  return value === undefined || value === null ? byDefault : asId(value, `${path}.${key}`);
}

/** The `type` of a component, or an error that says where it is missing. */
export function componentType(json: JsonObject, path: string): string {
  return asString(json['type'], `${path}.type`);
}
