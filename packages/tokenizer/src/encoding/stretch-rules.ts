/**
 * Where a text may be cut into stretches whose tokens and places do not depend on what stands around them, so that each
 * different stretch need be encoded in full but once.
 */
import { BpeModel } from '../bpe/bpe-model.ts';
import type { RawTokens } from '../bpe/raw-tokens.ts';
import { Utf8Buffer } from '../bpe/utf8-buffer.ts';
import { isObject } from '../io/json-fields.ts';
import type { TokenizerDefinition } from '../io/tokenizer-json.ts';
import { parseNormalizer } from '../normalizers/normalizer.ts';
import { cutsAtNoBlank, fusedRules, isPlainReplacement } from '../pieces/blank-rules.ts';
import { blankScanner, crossesWords, META, tokensWithBlanks } from '../pieces/blank-words.ts';
import { CharacterCuts } from '../pieces/character-cuts.ts';
import { knownScanner } from '../pre-tokenizers/known-scanner.ts';
import { parseMetaspace } from '../pre-tokenizers/metaspace.ts';
import type { ScanPiece } from '../pre-tokenizers/scan-gpt2.ts';
import { bertScanner } from '../wordpiece/bert-encoder.ts';
import { isBert } from '../wordpiece/blank-words.ts';

/** The ends of the stretches of a text, in UTF-16 units; the last is the text's. */
export type CutText = (text: string) => readonly number[];

export interface StretchRules {
  readonly cut: CutText;
  /**
   * What a stretch is: a piece of the pre-tokenizer; text to normalize and cut by itself; a word of a text with ▁
   * that is cut into words of its own; or a word of a text that is one piece.
   */
  readonly kind: 'piece' | 'text' | 'word' | 'part';
  /** Text that changes in this form is encoded as a whole. */
  readonly form?: 'NFC';
}

/** Undefined where stretches depend on each other. */
export function stretchRules(definition: TokenizerDefinition): StretchRules | undefined {
  const { addedTokens, normalizer, preTokenizer } = definition;
  // Such tokens are looked for in the normalized text.
  if (addedTokens.some((token) => token.normalized)) return undefined;
  if (isBert(normalizer, preTokenizer) && isObject(normalizer)) {
    const scan = bertScanner(normalizer['handle_chinese_chars'] !== false);
    return { cut: scanCuts(scan), kind: 'text' };
  }
  return byteLevelRules(definition) ?? blankRules(definition);
}

function byteLevelRules({
  model,
  normalizer,
  preTokenizer,
}: TokenizerDefinition): StretchRules | undefined {
  const isForm = isObject(normalizer) && normalizer['type'] === 'NFC';
  if (!(model instanceof BpeModel) || (normalizer !== null && !isForm)) return undefined;
  const scanner = knownScanner(preTokenizer);
  if (scanner === undefined || scanner.addPrefixSpace) return undefined;
  return { cut: scanCuts(scanner.scan), kind: 'piece', ...(isForm ? { form: 'NFC' } : {}) };
}

function blankRules(definition: TokenizerDefinition): StretchRules | undefined {
  const { model, normalizer, preTokenizer } = definition;
  const isKnown = normalizer === null || fusedRules(normalizer, preTokenizer) !== undefined;
  if (!isKnown) return undefined;
  const metaspace =
    isObject(preTokenizer) && preTokenizer['type'] === 'Metaspace'
      ? parseMetaspace(preTokenizer, 'pre_tokenizer')
      : undefined;
  if (metaspace !== undefined && metaspace.replacement !== META) return undefined;
  if (metaspace?.split === true) {
    if (normalizer === null) return { cut: cutBeforeBlanks, kind: 'word' };
    return blanksNewlines(normalizer) ? { cut: cutBehindAscii, kind: 'word' } : undefined;
  }
  const isWhole = preTokenizer === null || cutsAtNoBlank(normalizer, preTokenizer);
  if (metaspace === undefined && !(isWhole && isPlainReplacement(normalizer))) return undefined;
  if (metaspace !== undefined && normalizer !== null) return undefined;
  const tokens = model instanceof BpeModel ? partedTokens(model) : undefined;
  if (tokens === undefined) return undefined;
  return { cut: scanCuts(blankScanner('words', new CharacterCuts(tokens))), kind: 'part' };
}

/** The tokens of a model whose merges make the same of a word whatever words stand beside it; undefined of another. */
function partedTokens(model: BpeModel): RawTokens | undefined {
  const { continuingSubwordPrefix, endOfWordSuffix, ignoreMerges } = model.options;
  if (continuingSubwordPrefix || endOfWordSuffix || ignoreMerges) return undefined;
  if (model.tokenToId(META) === undefined || model.mergesSubstitutes) return undefined;
  const tokens = tokensWithBlanks(model.vocabulary.packed);
  const { bytes, starts, ends } = tokens;
  const isCrossing = (start: number, id: number): boolean =>
    start >= 0 && crossesWords(bytes, start, ends[id] as number);
  return starts.some(isCrossing) ? undefined : tokens;
}

/** Before each blank that follows something else. */
function cutBeforeBlanks(text: string): number[] {
  const ends: number[] = [];
  for (let i = text.indexOf(' ', 1); i >= 0; i = text.indexOf(' ', i + 1)) {
    const before = text.charAt(i - 1);
    if (before !== ' ' && before !== META) ends.push(i);
  }
  if (text !== '') ends.push(text.length);
  return ends;
}

/** Before each blank, or end of a line, that follows a visible ASCII character: no rule of a charsmap joins those. */
function cutBehindAscii(text: string): number[] {
  const ends: number[] = [];
  let before = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if ((unit === 0x20 || unit === 0x0a) && before > 0x20 && before < 0x7f) ends.push(i);
    before = unit;
  }
  if (text !== '') ends.push(text.length);
  return ends;
}

/** Whether the normalizer makes a blank of a newline, as SentencePiece's rules do. */
function blanksNewlines(normalizer: unknown): boolean {
  return parseNormalizer(normalizer, 'normalizer')('a\na') === 'a a';
}

function scanCuts(scan: ScanPiece): CutText {
  const buffer = new Utf8Buffer();
  return (text) => {
    const end = buffer.write(text);
    const { bytes } = buffer;
    bytes[end] = 0;
    const ends: number[] = [];
    let units = 0;
    for (let start = 0; start < end;) {
      const next = scan(bytes, start, end);
      for (let i = start; i < next; i++) {
        const byte = bytes[i] as number;
        if ((byte & 0xc0) !== 0x80) units += byte >= 0xf0 ? 2 : 1;
      }
      ends.push(units);
      start = next;
    }
    return ends;
  };
}
