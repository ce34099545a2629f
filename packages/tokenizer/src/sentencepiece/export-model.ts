/** A tokenizer as a SentencePiece model, where its parts have a counterpart there; else an error that names the part. */
import { UnsupportedComponentError } from '../errors.ts';
import { isObject } from '../io/json-fields.ts';
import type { TokenizerDefinition } from '../io/tokenizer-json.ts';
import type { TokenizerRoles } from '../tokenizer-options.ts';
import { EDGE_BLANKS } from './definition.ts';
import { UnigramModel } from '../unigram/unigram-model.ts';
import type { PieceType, SentencePieceModel } from './model-file.ts';

export function toSentencePieceModel(
  definition: TokenizerDefinition,
  roles: TokenizerRoles,
): SentencePieceModel {
  const { model, preTokenizer } = definition;
  if (!(model instanceof UnigramModel)) throw refuse('model', 'Unigram', model.type);
  if (!isObject(preTokenizer) || preTokenizer['type'] !== 'Metaspace')
    throw refuse('pre_tokenizer', 'Metaspace', nameOf(preTokenizer));
  const { charsmap, removeExtraWhitespaces } = readNormalizer(definition.normalizer);
  const special = new Map(definition.addedTokens.map((token) => [token.id, token.special]));
  const outside = definition.addedTokens.find(({ id }) => id >= model.vocabSize);
  if (outside !== undefined)
    throw refuse('added_tokens', 'tokens of the vocabulary', JSON.stringify(outside.content));
  const id = (token: string | undefined): number =>
    token === undefined ? -1 : (model.tokenToId(token) ?? -1);
  const typeOf = (piece: string, at: number): PieceType => {
    if (at === model.options.unkId) return 'unknown';
    if (special.has(at)) return special.get(at) === true ? 'control' : 'user';
    return model.options.byteFallback && /^<0x[0-9A-F]{2}>$/u.test(piece) ? 'byte' : 'normal';
  };
  return {
    modelType: 'unigram',
    pieces: model.pieces.map(([piece, score], at) => ({ piece, score, type: typeOf(piece, at) })),
    bosId: id(roles.bosToken),
    eosId: id(roles.eosToken),
    padId: id(roles.padToken),
    byteFallback: model.options.byteFallback ?? false,
    charsmap,
    addDummyPrefix: preTokenizer['prepend_scheme'] !== 'never',
    removeExtraWhitespaces,
  };
}

function readNormalizer(json: unknown): { charsmap: Uint8Array; removeExtraWhitespaces: boolean } {
  const steps = isObject(json) && json['type'] === 'Sequence' ? json['normalizers'] : [json];
  let charsmap = new Uint8Array(0);
  let removeExtraWhitespaces = false;
  for (const step of Array.isArray(steps) ? (steps as unknown[]) : []) {
    if (step === null) continue;
    const pattern = isObject(step) && isObject(step['pattern']) ? step['pattern']['Regex'] : '';
    if (isObject(step) && step['type'] === 'Precompiled')
      charsmap = Uint8Array.from(atob(String(step['precompiled_charsmap'])), (character) =>
        character.charCodeAt(0),
      );
    else if (pattern === ' {2,}' || pattern === EDGE_BLANKS) removeExtraWhitespaces = true;
    else throw refuse('normalizer', 'Precompiled, or blanks removed', nameOf(step));
  }
  return { charsmap, removeExtraWhitespaces };
}

function nameOf(json: unknown): string {
  return isObject(json) ? String(json['type']) : 'none';
}

function refuse(part: string, expected: string, got: string): UnsupportedComponentError {
  return new UnsupportedComponentError(
    `save: ${part}: expected ${expected}, which a SentencePiece model can hold, got ${got}. Save a tokenizer.json.`,
  );
}
