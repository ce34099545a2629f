/** The pieces of a corpus with how often each came, for trainers that work on any pre-tokenizer. Texts are streamed. */
import { TokenizerError } from '../errors.ts';
import { parseNormalizer } from '../normalizers/normalizer.ts';
import { parsePreTokenizer } from '../pre-tokenizers/pre-tokenizer.ts';
import type { TokenizerRoles } from '../tokenizer-options.ts';
import { wellFormed } from '../unicode/well-formed.ts';
import { forEachBlankWord, isBert } from '../wordpiece/blank-words.ts';

export interface CorpusProgress {
  /** What is being done: `count` reads the texts. */
  readonly phase: string;
  readonly done: number;
  readonly total: number | undefined;
}

/** What all trainers take. */
export interface CorpusOptions extends Omit<TokenizerRoles, 'config'> {
  /** They get the first ids. @default [] */
  readonly specialTokens?: readonly string[];
  /** A normalizer of tokenizer.json. */
  readonly normalizer?: unknown;
  /** A pre-tokenizer of tokenizer.json. */
  readonly preTokenizer?: unknown;
  readonly onProgress?: (progress: CorpusProgress) => void;
  readonly signal?: AbortSignal;
}

export type Texts = Iterable<string> | AsyncIterable<string>;

/** Every different piece, in the order of its first coming, with its count. */
export async function countPieces(
  texts: Texts,
  options: CorpusOptions,
  name: string,
): Promise<Map<string, number>> {
  if (typeof texts === 'string') {
    throw new TokenizerError(
      `${name}: texts: expected an iterable of texts, got one string, which would be read letter by letter. Pass [text].`,
    );
  }
  const { normalizer, preTokenizer, signal, onProgress } = options;
  const normalize = normalizer ? parseNormalizer(normalizer, `${name}: normalizer`) : undefined;
  const split = preTokenizer ? parsePreTokenizer(preTokenizer, `${name}: preTokenizer`) : undefined;
  const piecesOf = (text: string): string[] => {
    const normalized = normalize ? normalize(text) : text;
    return split ? split(normalized) : [normalized];
  };
  const byWord = isBert(normalizer, preTokenizer);
  const counts = new Map<string, number>();
  const count = (piece: string, times = 1): void => {
    if (piece !== '') counts.set(piece, (counts.get(piece) ?? 0) + times);
  };
  let done = 0;
  for await (const text of texts) {
    signal?.throwIfAborted();
    if (typeof text !== 'string')
      throw new TokenizerError(
        `${name}: texts: expected strings, got ${typeof text} as item ${done}.`,
      );
    const whole = wellFormed(text);
    if (byWord) forEachBlankWord(whole, (word) => count(word));
    else for (const piece of piecesOf(whole)) count(piece);
    onProgress?.({ phase: 'count', done: ++done, total: undefined });
  }
  return byWord ? splitCounted(counts, piecesOf) : counts;
}

/** The pieces of counted words. */
function splitCounted(
  words: ReadonlyMap<string, number>,
  piecesOf: (text: string) => string[],
): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [word, times] of words)
    for (const piece of piecesOf(word))
      if (piece !== '') counts.set(piece, (counts.get(piece) ?? 0) + times);
  return counts;
}

/** By code point, as Rust orders strings; `<` orders by UTF-16 unit, which differs beyond U+FFFF. */
export function byCodePoint(a: string, b: string): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x !== y) return rotated(x) - rotated(y);
  }
  return a.length - b.length;
}

/** Surrogates after the rest of the Basic Multilingual Plane. */
function rotated(unit: number): number {
  return unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

export function checkVocabSize(name: string, vocabSize: number, least: number): void {
  if (!Number.isInteger(vocabSize) || vocabSize < least) {
    throw new TokenizerError(
      `${name}: vocabSize: expected a whole number of at least ${least}, got ${vocabSize}.`,
    );
  }
}
