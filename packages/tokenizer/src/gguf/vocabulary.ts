/**
 * The vocabulary in a GGUF file's metadata (keys `tokenizer.ggml.*`, from the GGUF specification) as a tokenizer
 * definition: byte-level BPE (`tokenizer.ggml.model` = gpt2), SentencePiece (llama, t5) and WordPiece (bert). How the
 * first splits text is named by `tokenizer.ggml.pre`; a name that is not in the table is an error, because a wrong
 * split gives wrong ids without a sign.
 */
import { BpeModel } from '../bpe/bpe-model.ts';
import { parseMerges } from '../bpe/merges.ts';
import { UnsupportedComponentError } from '../errors.ts';
import { formatError } from '../io/json-fields.ts';
import type { TokenizerDefinition } from '../io/tokenizer-json.ts';
import { sentencePieceDefinition } from '../sentencepiece/definition.ts';
import { PIECE_TYPES } from '../sentencepiece/model-file.ts';
import type { TokenizerRoles } from '../tokenizer-options.ts';
import { Vocabulary } from '../vocabulary.ts';
import { bertFromGguf } from './bert.ts';
import type { Metadata } from './fields.ts';
import { flag, numbers, strings, text, tokenTypes } from './fields.ts';
import { readAddedTokens, readRoles, surroundJson } from './roles.ts';
import { byteLevelJson, splitFor } from './split.ts';

interface Read {
  readonly definition: TokenizerDefinition;
  readonly roles: TokenizerRoles;
}

export function ggufDefinition(metadata: Metadata): Read {
  const model = text(metadata, 'tokenizer.ggml.model');
  switch (model) {
    case 'gpt2':
      return byteLevelDefinition(metadata);
    case 'llama':
    case 't5':
      return pieceDefinition(metadata, model);
    case 'bert':
      return bertFromGguf(metadata);
    default:
      throw new UnsupportedComponentError(
        `fromGguf: tokenizer.ggml.model: expected gpt2, llama, t5 or bert, got ${JSON.stringify(model)}. Load the model's tokenizer.json instead.`,
      );
  }
}

/** The tokens around a text, as the file says, or else as is usual for the kind of model. */
function surround(
  metadata: Metadata,
  tokens: readonly string[],
  roles: TokenizerRoles,
  usual: { readonly bos: boolean; readonly eos: boolean },
): unknown {
  const addBos = flag(metadata, 'tokenizer.ggml.add_bos_token') ?? usual.bos;
  const addEos = flag(metadata, 'tokenizer.ggml.add_eos_token') ?? usual.eos;
  const { bosToken, eosToken } = roles;
  return surroundJson(tokens, addBos ? bosToken : undefined, addEos ? eosToken : undefined);
}

function byteLevelDefinition(metadata: Metadata): Read {
  const tokens = strings(metadata, 'tokenizer.ggml.tokens');
  const split = splitFor(text(metadata, 'tokenizer.ggml.pre'));
  const roles = readRoles(metadata, tokens);
  const merges = parseMerges(strings(metadata, 'tokenizer.ggml.merges'), 'tokenizer.ggml.merges');
  const usual = { bos: split.addBos ?? false, eos: false };
  return {
    roles,
    definition: {
      model: new BpeModel(Vocabulary.fromTokens(tokens), merges, {
        ignoreMerges: split.ignoreMerges ?? false,
      }),
      addedTokens: readAddedTokens(metadata, tokens),
      normalizer: split.normalizer ?? null,
      preTokenizer: split.preTokenizer,
      postProcessor: surround(metadata, tokens, roles, usual) ?? byteLevelJson(true),
      decoder: byteLevelJson(true),
      truncation: null,
      padding: null,
    },
  };
}

/** SentencePiece vocabularies: `llama` is BPE with scores, `t5` is Unigram. */
function pieceDefinition(metadata: Metadata, kind: 'llama' | 't5'): Read {
  const tokens = strings(metadata, 'tokenizer.ggml.tokens');
  const scores = numbers(metadata, 'tokenizer.ggml.scores');
  const types = tokenTypes(metadata, tokens);
  if (scores.length !== tokens.length)
    throw formatError('fromGguf: tokenizer.ggml.scores', `${tokens.length} scores`, scores);
  const roles = readRoles(metadata, tokens);
  const isLlama = kind === 'llama';
  const { definition } = sentencePieceDefinition(
    {
      modelType: isLlama ? 'bpe' : 'unigram',
      pieces: tokens.map((piece, id) => ({
        piece,
        score: scores[id] as number,
        type: PIECE_TYPES[types[id] ?? 1] || 'normal',
      })),
      bosId: -1,
      eosId: -1,
      padId: -1,
      byteFallback: types.includes(PIECE_TYPES.indexOf('byte')),
      charsmap: Uint8Array.from(numbers(metadata, 'tokenizer.ggml.precompiled_charsmap')),
      addDummyPrefix: flag(metadata, 'tokenizer.ggml.add_space_prefix') ?? true,
      removeExtraWhitespaces: flag(metadata, 'tokenizer.ggml.remove_extra_whitespaces') ?? !isLlama,
    },
    'fromGguf',
  );
  const postProcessor = surround(metadata, tokens, roles, { bos: isLlama, eos: !isLlama });
  return { roles, definition: { ...definition, postProcessor } };
}
