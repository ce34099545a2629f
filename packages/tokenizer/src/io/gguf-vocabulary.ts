/**
 * The vocabulary in a GGUF file's metadata (keys `tokenizer.ggml.*`, from the GGUF specification) as a tokenizer
 * definition: byte-level BPE (`tokenizer.ggml.model` = gpt2) and SentencePiece (llama, t5). How the former splits text is named by `tokenizer.ggml.pre`;
 * a name that is not in the table is an error, because a wrong split gives wrong ids without a sign.
 */
import type { AddedToken } from '../added-tokens/added-token.ts';
import { BpeModel, parseMerges } from '../bpe/bpe-model.ts';
import { UnsupportedComponentError } from '../errors.ts';
import type { TokenizerRoles } from '../tokenizer-options.ts';
import { LLAMA3_SOURCE, QWEN2_SOURCE } from '../pre-tokenizers/known-scanner.ts';
import { Vocabulary } from '../vocabulary.ts';
import { formatError } from './json-fields.ts';
import { sentencePieceDefinition } from '../sentencepiece/definition.ts';
import { PIECE_TYPES } from '../sentencepiece/model-file.ts';
import type { TokenizerDefinition } from './tokenizer-json.ts';

type Metadata = ReadonlyMap<string, unknown>;

export interface Split {
  readonly preTokenizer: unknown;
  readonly normalizer?: unknown;
  readonly ignoreMerges?: boolean;
  /** What holds where the file does not say. */
  readonly addBos?: boolean;
}

function byteLevelJson(useRegex: boolean): unknown {
  return { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: useRegex };
}

function splitJson(pattern: string): unknown {
  const split = { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false };
  return { type: 'Sequence', pretokenizers: [split, byteLevelJson(false)] };
}

export function splitFor(name: string): Split {
  switch (name) {
    case 'gpt-2':
    case 'gpt2':
      return { preTokenizer: byteLevelJson(true) };
    case 'smollm': {
      const digits = { type: 'Digits', individual_digits: true };
      return { preTokenizer: { type: 'Sequence', pretokenizers: [digits, byteLevelJson(true)] } };
    }
    case 'llama-bpe':
    case 'llama3':
    case 'llama-v3':
      return { preTokenizer: splitJson(LLAMA3_SOURCE), ignoreMerges: true, addBos: true };
    case 'qwen2':
      return { preTokenizer: splitJson(QWEN2_SOURCE), normalizer: { type: 'NFC' } };
    default:
      throw new UnsupportedComponentError(
        `fromGguf: tokenizer.ggml.pre: expected gpt-2, smollm, llama-bpe or qwen2, got ${JSON.stringify(name)}. Load the model's tokenizer.json instead.`,
      );
  }
}

export function ggufDefinition(metadata: Metadata): {
  definition: TokenizerDefinition;
  roles: TokenizerRoles;
} {
  const model = text(metadata, 'tokenizer.ggml.model');
  if (model === 'llama' || model === 't5') return pieceDefinition(metadata, model);
  if (model !== 'gpt2') {
    throw new UnsupportedComponentError(
      `fromGguf: tokenizer.ggml.model: expected gpt2, llama or t5, got ${JSON.stringify(model)}. Load the model's tokenizer.json instead.`,
    );
  }
  const tokens = strings(metadata, 'tokenizer.ggml.tokens');
  const split = splitFor(text(metadata, 'tokenizer.ggml.pre'));
  const roles = readRoles(metadata, tokens);
  const merges = parseMerges(strings(metadata, 'tokenizer.ggml.merges'), 'tokenizer.ggml.merges');
  const addBos = flag(metadata, 'tokenizer.ggml.add_bos_token') ?? split.addBos ?? false;
  const addEos = flag(metadata, 'tokenizer.ggml.add_eos_token') ?? false;
  return {
    roles,
    definition: {
      model: new BpeModel(Vocabulary.fromTokens(tokens), merges, {
        ignoreMerges: split.ignoreMerges ?? false,
      }),
      addedTokens: readAddedTokens(metadata, tokens),
      normalizer: split.normalizer ?? null,
      preTokenizer: split.preTokenizer,
      postProcessor: surroundJson(
        tokens,
        addBos ? roles.bosToken : undefined,
        addEos ? roles.eosToken : undefined,
      ),
      decoder: byteLevelJson(true),
      truncation: null,
      padding: null,
    },
  };
}

/** SentencePiece vocabularies: `llama` is BPE with scores, `t5` is Unigram. */
function pieceDefinition(
  metadata: Metadata,
  kind: 'llama' | 't5',
): { definition: TokenizerDefinition; roles: TokenizerRoles } {
  const tokens = strings(metadata, 'tokenizer.ggml.tokens');
  const scores = numbers(metadata, 'tokenizer.ggml.scores');
  const types = numbers(metadata, 'tokenizer.ggml.token_type');
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
  const addBos = flag(metadata, 'tokenizer.ggml.add_bos_token') ?? isLlama;
  const addEos = flag(metadata, 'tokenizer.ggml.add_eos_token') ?? !isLlama;
  const postProcessor =
    addBos || addEos
      ? surroundJson(
          tokens,
          addBos ? roles.bosToken : undefined,
          addEos ? roles.eosToken : undefined,
        )
      : null;
  return { roles, definition: { ...definition, postProcessor } };
}

/** Token types of the GGUF specification that are matched in the text as a whole. */
const CONTROL = 3;
const USER_DEFINED = 4;

function readAddedTokens(metadata: Metadata, tokens: readonly string[]): AddedToken[] {
  const types = numbers(metadata, 'tokenizer.ggml.token_type');
  if (types.length !== 0 && types.length !== tokens.length) {
    throw formatError('fromGguf: tokenizer.ggml.token_type', `${tokens.length} types`, types);
  }
  return tokens.flatMap((content, id) =>
    types[id] === CONTROL || types[id] === USER_DEFINED
      ? [
          {
            id,
            content,
            special: types[id] === CONTROL,
            singleWord: false,
            lstrip: false,
            rstrip: false,
            normalized: false,
          },
        ]
      : [],
  );
}

function readRoles(metadata: Metadata, tokens: readonly string[]): TokenizerRoles {
  const token = (name: string): string | undefined => {
    const key = `tokenizer.ggml.${name}_token_id`;
    const value = metadata.get(key);
    if (value === undefined) return undefined;
    const content = tokens[Number(value)];
    if (content === undefined)
      throw formatError(`fromGguf: ${key}`, `an id below ${tokens.length}`, value);
    return content;
  };
  const template = metadata.get('tokenizer.chat_template');
  return {
    bosToken: token('bos'),
    eosToken: token('eos'),
    padToken: token('padding'),
    unkToken: token('unknown'),
    chatTemplate: typeof template === 'string' ? template : undefined,
  };
}

function surroundJson(tokens: readonly string[], bos?: string, eos?: string): unknown {
  if (bos === undefined && eos === undefined) return byteLevelJson(true);
  const special = (token: string | undefined, typeId: number): unknown[] =>
    token === undefined ? [] : [{ SpecialToken: { id: token, type_id: typeId } }];
  const sequence = (id: string, typeId: number): unknown[] => [
    ...special(bos, typeId),
    { Sequence: { id, type_id: typeId } },
    ...special(eos, typeId),
  ];
  const names = [...new Set([bos, eos])].filter((name) => name !== undefined);
  return {
    type: 'TemplateProcessing',
    single: sequence('A', 0),
    pair: [...sequence('A', 0), ...sequence('B', 1)],
    special_tokens: Object.fromEntries(
      names.map((name) => [name, { id: name, ids: [tokens.indexOf(name)], tokens: [name] }]),
    ),
  };
}

function text(metadata: Metadata, key: string): string {
  const value = metadata.get(key);
  if (typeof value !== 'string') throw formatError(`fromGguf: ${key}`, 'a string', value);
  return value;
}

function flag(metadata: Metadata, key: string): boolean | undefined {
  const value = metadata.get(key);
  if (value === undefined || typeof value === 'boolean') return value;
  throw formatError(`fromGguf: ${key}`, 'true or false', value);
}

function strings(metadata: Metadata, key: string): readonly string[] {
  const value = metadata.get(key);
  if (Array.isArray(value) && value.every((item) => typeof item === 'string'))
    return value as string[];
  throw formatError(`fromGguf: ${key}`, 'an array of strings', value);
}

function numbers(metadata: Metadata, key: string): readonly number[] {
  const value = metadata.get(key);
  if (value === undefined) return [];
  if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    return Array.from(value as ArrayLike<unknown>, Number);
  }
  throw formatError(`fromGguf: ${key}`, 'an array of numbers', value);
}
