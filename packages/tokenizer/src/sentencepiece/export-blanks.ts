/** How a tokenizer.json treats blanks and normalizes, in the terms of a SentencePiece model; what has none is refused. */
import { UnsupportedComponentError } from '../errors.ts';
import { isObject } from '../io/json-fields.ts';
import { EDGE_BLANKS, META } from './definition.ts';
import type { SentencePieceModel } from './model-file.ts';

export type BlankRules = Pick<
  SentencePieceModel,
  'charsmap' | 'addDummyPrefix' | 'removeExtraWhitespaces'
>;

interface Steps {
  charsmap: Uint8Array;
  /** Blanks at the ends go, and of several in a row all but one: SentencePiece does both or neither. */
  removesEdges: boolean;
  removesRuns: boolean;
  prepends: boolean;
  /** Blanks are ▁ before the pre-tokenizer sees them. */
  replaces: boolean;
}

export function readBlankRules(normalizer: unknown, preTokenizer: unknown): BlankRules {
  const { charsmap, removesEdges, removesRuns, prepends, replaces } = readNormalizer(normalizer);
  if (removesEdges !== removesRuns)
    throw refuse('normalizer', 'blanks removed at the ends and in runs, or nowhere', 'only one');
  const removeExtraWhitespaces = removesEdges;
  if (replaces && hasNothingToSplit(preTokenizer))
    return { charsmap, removeExtraWhitespaces, addDummyPrefix: prepends };
  if (replaces || prepends || !isObject(preTokenizer) || preTokenizer['type'] !== 'Metaspace')
    throw refuse('pre_tokenizer', 'Metaspace', nameOf(preTokenizer));
  if ((preTokenizer['replacement'] ?? META) !== META)
    throw refuse('pre_tokenizer.replacement', META, String(preTokenizer['replacement']));
  // Files from before prepend_scheme say add_prefix_space.
  const isNever =
    preTokenizer['prepend_scheme'] === 'never' || preTokenizer['add_prefix_space'] === false;
  return { charsmap, removeExtraWhitespaces, addDummyPrefix: !isNever };
}

/** Gemma splits at blanks, of which none is left. */
function hasNothingToSplit(preTokenizer: unknown): boolean {
  if (preTokenizer === null) return true;
  return (
    isObject(preTokenizer) &&
    preTokenizer['type'] === 'Split' &&
    isObject(preTokenizer['pattern']) &&
    preTokenizer['pattern']['String'] === ' '
  );
}

function readNormalizer(json: unknown): Steps {
  const list = isObject(json) && json['type'] === 'Sequence' ? json['normalizers'] : [json];
  const steps: Steps = {
    charsmap: new Uint8Array(0),
    removesEdges: false,
    removesRuns: false,
    prepends: false,
    replaces: false,
  };
  for (const step of Array.isArray(list) ? (list as unknown[]) : [])
    if (step !== null) readStep(step, steps);
  return steps;
}

function readStep(step: unknown, steps: Steps): void {
  const json = isObject(step) ? step : {};
  const pattern = isObject(json['pattern']) ? json['pattern'] : {};
  if (json['type'] === 'Precompiled')
    steps.charsmap = fromBase64(String(json['precompiled_charsmap']));
  else if (json['type'] === 'Prepend' && json['prepend'] === META) steps.prepends = true;
  else if (pattern['String'] === ' ' && json['content'] === META) steps.replaces = true;
  else if (pattern['Regex'] === ' {2,}' && json['content'] === ' ') steps.removesRuns = true;
  else if (pattern['Regex'] === EDGE_BLANKS && json['content'] === '') steps.removesEdges = true;
  else throw refuse('normalizer', 'Precompiled, blanks removed, or ▁ for blanks', nameOf(step));
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

function nameOf(json: unknown): string {
  return isObject(json) ? String(json['type']) : 'none';
}

export function refuse(part: string, expected: string, got: string): UnsupportedComponentError {
  return new UnsupportedComponentError(
    `save: ${part}: expected ${expected}, which a SentencePiece model can hold, got ${got}. Save a tokenizer.json.`,
  );
}
