/**
 * Metaspace, SentencePiece's way to keep spaces (Kudo & Richardson 2018): every blank becomes ▁, one more goes before
 * the text, and each ▁ begins a piece.
 */
import type { JsonObject } from '../io/json-fields.ts';
import { booleanField, formatError, optionalString } from '../io/json-fields.ts';

export interface Metaspace {
  /** One character, ▁ as a rule. */
  readonly replacement: string;
  /** Whether ▁ goes before each stretch of text, only before one that begins the text, or before none. */
  readonly prependScheme: 'always' | 'first' | 'never';
  readonly split: boolean;
}

export function parseMetaspace(json: JsonObject, path: string): Metaspace {
  const replacement = optionalString(json, 'replacement', path) ?? '\u2581';
  // Older files have add_prefix_space instead.
  const byDefault = booleanField(json, 'add_prefix_space', path, true) ? 'always' : 'never';
  const scheme = optionalString(json, 'prepend_scheme', path) ?? byDefault;
  if (scheme !== 'always' && scheme !== 'first' && scheme !== 'never')
    throw formatError(`${path}.prepend_scheme`, 'always, first or never', scheme);
  if ([...replacement].length !== 1)
    throw formatError(`${path}.replacement`, 'one character', replacement);
  return { replacement, prependScheme: scheme, split: booleanField(json, 'split', path, true) };
}

/** Whether ▁ goes before `text`, in which blanks have been replaced already. */
export function isPrepended(metaspace: Metaspace, text: string, isFirst: boolean): boolean {
  const { prependScheme, replacement } = metaspace;
  if (prependScheme === 'never' || (prependScheme === 'first' && !isFirst)) return false;
  return text !== '' && !text.startsWith(replacement);
}

/** The text with ▁ for blanks, and one before it where it belongs. */
export function metaspaceText(metaspace: Metaspace, text: string, isFirst: boolean): string {
  const { replacement } = metaspace;
  const replaced = replacement === ' ' ? text : text.replaceAll(' ', () => replacement);
  return isPrepended(metaspace, replaced, isFirst) ? replacement + replaced : replaced;
}

/** Pieces of text: each begins with ▁, but for the first. */
export function metaspacePieces(metaspace: Metaspace, text: string, isFirst: boolean): string[] {
  if (text === '') return [];
  const { replacement } = metaspace;
  const whole = metaspaceText(metaspace, text, isFirst);
  if (!metaspace.split) return [whole];
  const pieces: string[] = [];
  let start = 0;
  while (start < whole.length) {
    const next = whole.indexOf(replacement, start + 1);
    const end = next < 0 ? whole.length : next;
    pieces.push(whole.slice(start, end));
    start = end;
  }
  return pieces;
}
