/**
 * A tokenizer as the metadata of a GGUF file (keys `tokenizer.ggml.*`), for whoever writes the file: byte-level BPE
 * whose split has a name, SentencePiece BPE and Unigram, and BERT's WordPiece.
 */
import { BpeModel } from '../bpe/bpe-model.ts';
import { UnsupportedComponentError } from '../errors.ts';
import type { TokenizerDefinition } from '../io/tokenizer-json.ts';
import { parsePostProcessorPlan } from '../post-processors/post-processor.ts';
import { toSentencePieceModel } from '../sentencepiece/export-model.ts';
import { PIECE_TYPES } from '../sentencepiece/model-file.ts';
import type { TokenizerRoles } from '../tokenizer-options.ts';
import { UnigramModel } from '../unigram/unigram-model.ts';
import { WordPieceModel } from '../wordpiece/word-piece-model.ts';
import { bertToGguf } from './bert.ts';
import { CONTROL, NORMAL, UNUSED, USER_DEFINED } from './roles.ts';
import { SPLIT_NAMES, splitName } from './split.ts';

/**
 * Keys and values. A value's kind says its GGUF type: text, a boolean, a number (uint32), an array of texts,
 * Float32Array (scores), Int32Array (token types), Uint8Array (rules of normalization).
 */
export function ggufMetadata(
  definition: TokenizerDefinition,
  roles: TokenizerRoles,
): Map<string, unknown> {
  const metadata = keysOf(definition, roles);
  if (roles.chatTemplate !== undefined) metadata.set('tokenizer.chat_template', roles.chatTemplate);
  return metadata;
}

function keysOf(definition: TokenizerDefinition, roles: TokenizerRoles): Map<string, unknown> {
  const { model } = definition;
  if (model instanceof WordPieceModel) return bertToGguf(definition);
  const isByteLevel = model instanceof BpeModel && usesByteLevel(definition.preTokenizer);
  if (!isByteLevel && !(model instanceof BpeModel) && !(model instanceof UnigramModel))
    throw refuse('model', 'BPE, Unigram or WordPiece', model.type);
  const metadata = isByteLevel ? byteLevelKeys(definition, model) : pieceKeys(definition, roles);
  const tokens = metadata.get('tokenizer.ggml.tokens') as readonly string[];
  addRoles(metadata, tokens, roles);
  addSurround(metadata, definition);
  return metadata;
}

/** A definition without a pre-tokenizer that works on bytes is SentencePiece's. */
function usesByteLevel(preTokenizer: unknown): boolean {
  return JSON.stringify(preTokenizer).includes('"type":"ByteLevel"');
}

function byteLevelKeys(definition: TokenizerDefinition, model: BpeModel): Map<string, unknown> {
  const added = new Map(definition.addedTokens.map((token) => [token.id, token]));
  const size = definition.addedTokens.reduce(
    (max, { id }) => Math.max(max, id + 1),
    model.vocabSize,
  );
  const ids = Array.from({ length: size }, (_, id) => id);
  const name = splitName(definition);
  if (name === undefined)
    throw refuse('pre_tokenizer', `a split of ${SPLIT_NAMES.join(', ')}`, 'another');
  return new Map<string, unknown>([
    ['tokenizer.ggml.model', 'gpt2'],
    ['tokenizer.ggml.pre', name],
    [
      'tokenizer.ggml.tokens',
      ids.map((id) => added.get(id)?.content ?? model.idToToken(id) ?? `[UNUSED${id}]`),
    ],
    [
      'tokenizer.ggml.token_type',
      Int32Array.from(ids, (id) => {
        const token = added.get(id);
        if (token !== undefined) return token.special ? CONTROL : USER_DEFINED;
        return model.idToToken(id) === undefined ? UNUSED : NORMAL;
      }),
    ],
    ['tokenizer.ggml.merges', model.merges.map((merge) => merge.join(' '))],
  ]);
}

function pieceKeys(definition: TokenizerDefinition, roles: TokenizerRoles): Map<string, unknown> {
  const found = toSentencePieceModel(definition, roles);
  const isUnigram = found.modelType === 'unigram';
  if (!isUnigram && (found.charsmap.length > 0 || found.removeExtraWhitespaces))
    throw refuse('normalizer', 'none beside ▁ for blanks with BPE', 'another');
  const metadata = new Map<string, unknown>([
    ['tokenizer.ggml.model', isUnigram ? 't5' : 'llama'],
    ['tokenizer.ggml.pre', 'default'],
    ['tokenizer.ggml.tokens', found.pieces.map(({ piece }) => piece)],
    ['tokenizer.ggml.scores', Float32Array.from(found.pieces, ({ score }) => score)],
    [
      'tokenizer.ggml.token_type',
      Int32Array.from(found.pieces, ({ type }) => PIECE_TYPES.indexOf(type)),
    ],
    ['tokenizer.ggml.add_space_prefix', found.addDummyPrefix],
    ['tokenizer.ggml.remove_extra_whitespaces', found.removeExtraWhitespaces],
  ]);
  if (found.charsmap.length > 0)
    metadata.set('tokenizer.ggml.precompiled_charsmap', found.charsmap);
  const unknown = found.pieces.findIndex(({ type }) => type === 'unknown');
  if (unknown >= 0) metadata.set('tokenizer.ggml.unknown_token_id', unknown);
  return metadata;
}

function addRoles(
  metadata: Map<string, unknown>,
  tokens: readonly string[],
  roles: TokenizerRoles,
): void {
  const names = {
    bos: roles.bosToken,
    eos: roles.eosToken,
    padding: roles.padToken,
    unknown: roles.unkToken,
  };
  for (const [name, token] of Object.entries(names)) {
    const id = token === undefined ? -1 : tokens.indexOf(token);
    if (id >= 0) metadata.set(`tokenizer.ggml.${name}_token_id`, id);
  }
}

/** What the post-processor puts around a text; other tokens than the roles' own are taken for bos and eos. */
function addSurround(metadata: Map<string, unknown>, { postProcessor }: TokenizerDefinition): void {
  const plan =
    postProcessor === null ? undefined : parsePostProcessorPlan(postProcessor, 'post_processor');
  const parts = plan?.template?.single ?? [];
  const middle = parts.findIndex((part) => 'sequence' in part);
  const sides = { bos: parts.slice(0, Math.max(0, middle)), eos: parts.slice(middle + 1) };
  for (const [name, side] of Object.entries(sides)) {
    const ids = side.flatMap((part) => ('ids' in part ? part.ids : []));
    if (ids.length > 1) throw refuse('post_processor', 'one token on a side', `${ids.length}`);
    metadata.set(`tokenizer.ggml.add_${name}_token`, ids.length === 1);
    if (ids.length === 0) continue;
    const key = `tokenizer.ggml.${name}_token_id`;
    if ((metadata.get(key) ?? ids[0]) !== ids[0])
      throw refuse('post_processor', `${name} as the token added`, String(ids[0]));
    metadata.set(key, ids[0]);
  }
}

function refuse(part: string, expected: string, got: string): UnsupportedComponentError {
  return new UnsupportedComponentError(
    `toGgufMetadata: ${part}: expected ${expected}, which a GGUF file can name, got ${got}.`,
  );
}
