/** Typed reading of a GGUF file's metadata; an error names the key. */
import { formatError } from '../io/json-fields.ts';

export type Metadata = ReadonlyMap<string, unknown>;

export function text(metadata: Metadata, key: string): string {
  const value = metadata.get(key);
  if (typeof value !== 'string') throw formatError(`fromGguf: ${key}`, 'a string', value);
  return value;
}

export function flag(metadata: Metadata, key: string): boolean | undefined {
  const value = metadata.get(key);
  if (value === undefined || typeof value === 'boolean') return value;
  throw formatError(`fromGguf: ${key}`, 'true or false', value);
}

export function strings(metadata: Metadata, key: string): readonly string[] {
  const value = metadata.get(key);
  if (Array.isArray(value) && value.every((item) => typeof item === 'string'))
    return value as string[];
  throw formatError(`fromGguf: ${key}`, 'an array of strings', value);
}

/** A missing key gives none. */
export function numbers(metadata: Metadata, key: string): readonly number[] {
  const value = metadata.get(key);
  if (value === undefined) return [];
  if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    return Array.from(value as ArrayLike<unknown>, Number);
  }
  throw formatError(`fromGguf: ${key}`, 'an array of numbers', value);
}

/** The types of the tokens, or none; never of only some. */
export function tokenTypes(metadata: Metadata, tokens: readonly string[]): readonly number[] {
  const types = numbers(metadata, 'tokenizer.ggml.token_type');
  if (types.length !== 0 && types.length !== tokens.length)
    throw formatError('fromGguf: tokenizer.ggml.token_type', `${tokens.length} types`, types);
  return types;
}
