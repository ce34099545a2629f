/** A tokenizer as a SentencePiece model, where its parts have a counterpart there; else an error that names the part. */
import { BpeModel } from '../bpe/bpe-model.ts';
import type { TokenizerDefinition } from '../io/tokenizer-json.ts';
import type { Model } from '../model.ts';
import type { TokenizerRoles } from '../tokenizer-options.ts';
import { UnigramModel } from '../unigram/unigram-model.ts';
import { META } from './definition.ts';
import { readBlankRules, refuse } from './export-blanks.ts';
import { mergeScores } from './merge-scores.ts';
import type { PieceType, SentencePiece, SentencePieceModel } from './model-file.ts';

const BYTE = /^<0x[0-9A-F]{2}>$/u;

export function toSentencePieceModel(
  definition: TokenizerDefinition,
  roles: TokenizerRoles,
): SentencePieceModel {
  const { model, normalizer, preTokenizer } = definition;
  const parts = partsOf(model);
  const rules = readBlankRules(normalizer, preTokenizer);
  const pieces = piecesOf(definition, parts);
  const id = (token: string | undefined): number =>
    token === undefined ? -1 : pieces.findIndex(({ piece }) => piece === token);
  return {
    modelType: model instanceof UnigramModel ? 'unigram' : 'bpe',
    pieces,
    bosId: id(roles.bosToken),
    eosId: id(roles.eosToken),
    padId: id(roles.padToken),
    byteFallback: parts.byteFallback,
    ...rules,
  };
}

interface Parts {
  readonly tokens: readonly string[];
  readonly unkId: number;
  readonly byteFallback: boolean;
  /** Undefined: the model's merges are not those that scores would give. */
  readonly scores: (typeOf: (id: number) => PieceType) => ArrayLike<number> | undefined;
}

function partsOf(model: Model): Parts {
  if (model instanceof UnigramModel) {
    const { unkId = -1, byteFallback = false } = model.options;
    const scores = model.pieces.map(([, score]) => score);
    const tokens = model.pieces.map(([piece]) => piece);
    return { tokens, unkId, byteFallback, scores: () => scores };
  }
  if (!(model instanceof BpeModel)) throw refuse('model', 'Unigram or BPE', model.type);
  const { unkToken, byteFallback = false, ignoreMerges, ...affixes } = model.options;
  if (affixes.continuingSubwordPrefix || affixes.endOfWordSuffix)
    throw refuse('model', 'BPE without prefix and suffix', 'BPE with one');
  const tokens = model.vocabulary.tokens.map((token, id) => {
    if (token === undefined) throw refuse('vocabulary', 'no gaps', `none with the id ${id}`);
    return token;
  });
  const isMergeable = (type: PieceType): boolean => type === 'normal' || type === 'user';
  return {
    tokens,
    unkId: unkToken === undefined ? -1 : tokens.indexOf(unkToken),
    byteFallback,
    scores: (typeOf) =>
      ignoreMerges ? undefined : mergeScores(model, tokens, (id) => isMergeable(typeOf(id))),
  };
}

/** The vocabulary, and after it the added tokens that are not in it: special ones control, others user-defined. */
function piecesOf({ addedTokens }: TokenizerDefinition, parts: Parts): SentencePiece[] {
  const { tokens, unkId, byteFallback } = parts;
  const added = new Map(addedTokens.map((token) => [token.id, token]));
  const typeOf = (id: number): PieceType => {
    if (id === unkId) return 'unknown';
    const token = added.get(id);
    // An added token with ▁ that is looked for before blanks become ▁ is only found by merging.
    const isMerged = token?.content.includes(META) && !token.normalized && id < tokens.length;
    if (token !== undefined && !isMerged) return token.special ? 'control' : 'user';
    return byteFallback && BYTE.test(tokens[id] ?? '') ? 'byte' : 'normal';
  };
  const scores = parts.scores(typeOf);
  if (scores === undefined)
    throw refuse('merges', 'every pair that spells a token, in its order', 'other merges');
  const pieces = tokens.map((piece, id): SentencePiece => ({
    piece: added.get(id)?.content ?? piece,
    score: scores[id] as number,
    type: typeOf(id),
  }));
  const outside = addedTokens.filter(({ id }) => id >= tokens.length);
  for (const { id, content } of outside.sort((a, b) => a.id - b.id)) {
    if (id !== pieces.length)
      throw refuse('added_tokens', `the id ${pieces.length} next`, `${id} for ${content}`);
    pieces.push({ piece: content, score: 0, type: typeOf(id) });
  }
  return pieces;
}
