/**
 * A SentencePiece model as a tokenizer definition, in the components that Hugging Face's converters use. Text is
 * normalized by the model's rules, blanks become ▁, and the model is Unigram, or BPE with merges from the scores.
 */
import type { AddedToken } from '../added-tokens/added-token.ts';
import { BpeModel } from '../bpe/bpe-model.ts';
import { TokenizerFormatError, UnsupportedComponentError } from '../errors.ts';
import type { TokenizerDefinition } from '../io/tokenizer-json.ts';
import type { Model } from '../model.ts';
import { LONGEST_RULE } from '../normalizers/precompiled.ts';
import type { TokenizerRoles } from '../tokenizer-options.ts';
import { UnigramModel } from '../unigram/unigram-model.ts';
import { Vocabulary } from '../vocabulary.ts';
import type { SentencePieceModel } from './model-file.ts';
import { scoredMerges } from './scored-merges.ts';

export const META = '\u2581';
/** Blanks at the ends of the text; `^` and `$` would be the ends of lines. */
export const EDGE_BLANKS = '(?<![\\s\\S]) +| +(?![\\s\\S])';

export function sentencePieceDefinition(
  model: SentencePieceModel,
  path: string,
): { definition: TokenizerDefinition; roles: TokenizerRoles } {
  const { pieces, modelType, addDummyPrefix } = model;
  if (modelType !== 'unigram' && modelType !== 'bpe') {
    throw new UnsupportedComponentError(
      `${path}: model_type: expected unigram or bpe, got ${modelType}.`,
    );
  }
  const unkId = pieces.findIndex(({ type }) => type === 'unknown');
  const piece = (id: number): string | undefined => pieces[id]?.piece;
  return {
    definition: {
      model: modelType === 'unigram' ? unigram(model, unkId) : bpe(model, unkId, path),
      addedTokens: addedTokens(model),
      normalizer: normalizerJson(model),
      preTokenizer: replacesBlanks(model) ? null : metaspaceJson(model),
      postProcessor: null,
      decoder: decoderJson(addDummyPrefix),
      truncation: null,
      padding: null,
    },
    roles: {
      bosToken: piece(model.bosId),
      eosToken: piece(model.eosId),
      padToken: piece(model.padId),
      unkToken: piece(unkId),
    },
  };
}

/**
 * SentencePiece puts ▁ before any text; Metaspace not before a blank. Where leading blanks are kept, the normalizer does
 * it, but that would do it after each user-defined piece too.
 */
function prependsAlways(model: SentencePieceModel): boolean {
  const { addDummyPrefix, removeExtraWhitespaces, pieces } = model;
  return addDummyPrefix && !removeExtraWhitespaces && !pieces.some(({ type }) => type === 'user');
}

/** Whether the normalizer makes ▁ of blanks, so that user-defined pieces with ▁ find it. */
function replacesBlanks(model: SentencePieceModel): boolean {
  const isPlain = model.modelType === 'bpe' && !model.addDummyPrefix;
  return prependsAlways(model) || isPlain;
}

function metaspaceJson(model: SentencePieceModel): unknown {
  return {
    type: 'Metaspace',
    replacement: META,
    prepend_scheme: model.addDummyPrefix ? prependScheme(model) : 'never',
    split: model.modelType === 'unigram' && !crossesWords(model),
  };
}

/**
 * After a user-defined piece SentencePiece puts no ▁. Nor does it after other tokens in the text, which it does not
 * know; but 'first' leaves ▁ out where leading blanks were removed, so 'always' is the lesser evil.
 */
function prependScheme({ pieces }: SentencePieceModel): string {
  return pieces.some(({ type }) => type === 'user') ? 'first' : 'always';
}

function unigram(model: SentencePieceModel, unkId: number): Model {
  return new UnigramModel(
    model.pieces.map(({ piece, score }) => [piece, score] as const),
    { unkId: unkId < 0 ? undefined : unkId, byteFallback: model.byteFallback },
  );
}

function bpe({ pieces, byteFallback }: SentencePieceModel, unkId: number, path: string): Model {
  const tokens = pieces.map(({ piece }) => piece);
  if (new Set(tokens).size !== tokens.length)
    throw new TokenizerFormatError(`${path}: expected different pieces, got one twice.`);
  const merges = scoredMerges(
    tokens,
    pieces.map(({ score }) => score),
    (id) => ['normal', 'user', 'unused'].includes(pieces[id]?.type ?? ''),
  );
  return new BpeModel(Vocabulary.fromTokens(tokens), merges, {
    unkToken: tokens[unkId],
    fuseUnk: true,
    byteFallback,
  });
}

/** Whether a piece goes on after a blank, so that words cannot be taken one by one. */
function crossesWords({ pieces }: SentencePieceModel): boolean {
  return pieces.some(
    ({ piece, type }) => (type === 'normal' || type === 'user') && piece.lastIndexOf(META) > 0,
  );
}

/** Control tokens are special; user-defined ones are always one token. */
function addedTokens({ pieces }: SentencePieceModel): AddedToken[] {
  return pieces.flatMap(({ piece, type }, id) => {
    if (type !== 'control' && type !== 'unknown' && type !== 'user') return [];
    const special = type !== 'user';
    const normalized = type === 'user' && piece.includes(META);
    const flags = { singleWord: false, lstrip: false, rstrip: false, normalized };
    return [{ id, content: piece, special, ...flags }];
  });
}

function normalizerJson(model: SentencePieceModel): unknown {
  const { charsmap, removeExtraWhitespaces } = model;
  const steps: unknown[] = [];
  if (charsmap.length > 0)
    steps.push({
      type: 'Precompiled',
      precompiled_charsmap: toBase64(charsmap),
      [LONGEST_RULE]: true,
    });
  if (removeExtraWhitespaces) {
    const replace = (pattern: string, content: string): unknown => ({
      type: 'Replace',
      pattern: { Regex: pattern },
      content,
    });
    // Only U+0020 counts: the rules have made other blanks of it.
    steps.push(replace(EDGE_BLANKS, ''), replace(' {2,}', ' '));
  }
  if (prependsAlways(model)) steps.push({ type: 'Prepend', prepend: META });
  if (replacesBlanks(model))
    steps.push({ type: 'Replace', pattern: { String: ' ' }, content: META });
  return steps.length < 2 ? (steps[0] ?? null) : { type: 'Sequence', normalizers: steps };
}

function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

function decoderJson(addDummyPrefix: boolean): unknown {
  return {
    type: 'Sequence',
    decoders: [
      { type: 'Replace', pattern: { String: META }, content: ' ' },
      { type: 'ByteFallback' },
      { type: 'Fuse' },
      ...(addDummyPrefix ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : []),
    ],
  };
}
