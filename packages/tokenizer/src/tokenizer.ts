/**
 * A tokenizer: text to ids and back, through the stages of Hugging Face `tokenizers`: added tokens, normalizer,
 * pre-tokenizer, model, post-processor, decoder. Ids are checked against the Rust library (see the fixtures).
 */
import { AddedVocabulary } from './added-tokens/added-vocabulary.ts';
import type { AddedToken } from './added-tokens/added-token.ts';
import { BpeModel } from './bpe/bpe-model.ts';
import { ByteLevelEncoder } from './bpe/byte-level-encoder.ts';
import type { ApplyChatTemplateOptions, ChatMessage } from './chat-template/apply-chat-template.ts';
import { renderChatTemplate } from './chat-template/apply-chat-template.ts';
import type { DecodeStream } from './decode-stream.ts';
import { byteDecodeStream, windowDecodeStream } from './decode-stream.ts';
import type { DecodeChain } from './decoders/decoder.ts';
import { byteLevelDecoder, TokenBytes } from './decoders/byte-level.ts';
import { parseDecoder } from './decoders/decoder.ts';
import { TokenizerError } from './errors.ts';
import { ggufDefinition } from './io/gguf-vocabulary.ts';
import type { JsonObject } from './io/json-fields.ts';
import { loadTokenizer, saveTokenizer } from './io/load-save.ts';
import type { TokenizerDefinition } from './io/tokenizer-json.ts';
import { parseTokenizerJson, tokenizerJson } from './io/tokenizer-json.ts';
import type { Model } from './model.ts';
import { IdBuffer } from './model.ts';
import { parseNormalizer } from './normalizers/normalizer.ts';
import { concatenate, parsePostProcessor } from './post-processors/post-processor.ts';
import type { PostProcess } from './post-processors/post-processor.ts';
import { knownScanner } from './pre-tokenizers/known-scanner.ts';
import { parsePreTokenizer } from './pre-tokenizers/pre-tokenizer.ts';

export interface EncodeOptions {
  /** Run the post-processor, which adds tokens such as [CLS]. @default true */
  readonly addSpecialTokens?: boolean;
  /** Special tokens that are recognised in the text; the others are ordinary text. @default 'all' */
  readonly allowedSpecial?: 'all' | readonly string[];
  /** A second text, for models that read pairs. */
  readonly pair?: string;
}

export interface DecodeOptions {
  /** Leave special tokens out. @default false */
  readonly skipSpecialTokens?: boolean;
}

/** What stands beside a tokenizer.json: the roles of special tokens, and the chat template. */
export interface TokenizerRoles {
  readonly bosToken?: string | undefined;
  readonly eosToken?: string | undefined;
  readonly padToken?: string | undefined;
  readonly unkToken?: string | undefined;
  readonly chatTemplate?: string | undefined;
  /** All of tokenizer_config.json, as it was read; `save` writes it back. */
  readonly config?: JsonObject | undefined;
}

export class Tokenizer {
  readonly definition: TokenizerDefinition;
  readonly roles: TokenizerRoles;
  readonly #model: Model;
  readonly #added: AddedVocabulary;
  readonly #normalize: (text: string) => string;
  readonly #tokenize: (text: string, output: IdBuffer) => void;
  readonly #postProcess: PostProcess;
  readonly #decodeChain: DecodeChain;
  /** 1 where the id has a token. */
  #known: Uint8Array | undefined;
  #bytes: TokenBytes | undefined;

  constructor(definition: TokenizerDefinition, roles: TokenizerRoles = {}) {
    const { normalizer, preTokenizer, postProcessor, decoder } = definition;
    this.definition = definition;
    this.roles = roles;
    this.#model = definition.model;
    this.#normalize =
      normalizer === null
        ? (text) => text
        : wellFormedFirst(parseNormalizer(normalizer, 'normalizer'));
    this.#added = new AddedVocabulary(definition.addedTokens, this.#normalize);
    this.#tokenize = pieceTokenizer(preTokenizer, this.#model);
    this.#postProcess =
      postProcessor === null ? concatenate : parsePostProcessor(postProcessor, 'post_processor');
    this.#decodeChain =
      decoder === null ? (tokens) => [tokens.join(' ')] : parseDecoder(decoder, 'decoder');
  }

  /** @param json A tokenizer.json, parsed or as text. */
  static fromJSON(json: unknown, roles: TokenizerRoles = {}): Tokenizer {
    return new Tokenizer(parseTokenizerJson(json), roles);
  }

  /** @param metadata The metadata of a GGUF file; keys `tokenizer.ggml.*` and `tokenizer.chat_template` are read. */
  static fromGguf(metadata: ReadonlyMap<string, unknown>): Tokenizer {
    const { definition, roles } = ggufDefinition(metadata);
    return new Tokenizer(definition, roles);
  }

  /** Node only. @param path A tokenizer.json, a folder with one (and its tokenizer_config.json), or a .gguf file. */
  static async load(path: string): Promise<Tokenizer> {
    const { definition, roles } = await loadTokenizer(path);
    return new Tokenizer(definition, roles);
  }

  /** Node only. Writes a tokenizer.json, or, if `path` does not end in .json, a folder with it and its configuration. */
  async save(path: string): Promise<void> {
    await saveTokenizer(path, this);
  }

  toJSON(): unknown {
    return tokenizerJson(this.definition);
  }

  /** One more than the highest id, added tokens included: the rows that a model's embedding needs. */
  get vocabSize(): number {
    return this.#added.tokens.reduce(
      (size, token) => Math.max(size, token.id + 1),
      this.#model.vocabSize,
    );
  }

  get addedTokens(): readonly AddedToken[] {
    return this.#added.tokens;
  }

  get bosTokenId(): number | undefined {
    return this.#roleId(this.roles.bosToken);
  }

  get eosTokenId(): number | undefined {
    return this.#roleId(this.roles.eosToken);
  }

  get padTokenId(): number | undefined {
    return this.#roleId(this.roles.padToken);
  }

  get chatTemplate(): string | undefined {
    return this.roles.chatTemplate;
  }

  #roleId(token: string | undefined): number | undefined {
    return token === undefined ? undefined : this.tokenToId(token);
  }

  tokenToId(token: string): number | undefined {
    return this.#added.byContent(token)?.id ?? this.#model.tokenToId(token);
  }

  /** The token as the vocabulary writes it (byte-level ones in the byte alphabet: ' a' is 'Ġa'). */
  idToToken(id: number): string | undefined {
    return this.#added.byId(id)?.content ?? this.#model.idToToken(id);
  }

  encode(text: string, options: EncodeOptions = {}): number[] {
    const ids = this.#encodePart(text, options).toArray();
    const pair =
      options.pair === undefined ? undefined : this.#encodePart(options.pair, options).toArray();
    return options.addSpecialTokens === false
      ? concatenate(ids, pair)
      : this.#postProcess(ids, pair);
  }

  /** As `encode`, to an Int32Array, which is faster for long texts. */
  encodeToInt32(text: string, options: EncodeOptions = {}): Int32Array {
    const isPlain = options.addSpecialTokens === false || this.#postProcess === concatenate;
    if (!isPlain || options.pair !== undefined) return Int32Array.from(this.encode(text, options));
    return this.#encodePart(text, options).toInt32Array();
  }

  /** How many ids `encode` gives. */
  count(text: string, options: EncodeOptions = {}): number {
    return this.encodeToInt32(text, options).length;
  }

  #encodePart(text: string, { allowedSpecial = 'all' }: EncodeOptions): IdBuffer {
    const output = new IdBuffer(Math.max(16, text.length >> 1));
    const allowed = allowedSpecial === 'all' ? undefined : new Set(allowedSpecial);
    const segments = this.#added.split(
      text,
      this.#normalize,
      (token) => !token.special || allowed === undefined || allowed.has(token.content),
    );
    for (const segment of segments) {
      if (typeof segment === 'number') output.push(segment);
      else this.#tokenize(segment, output);
    }
    return output;
  }

  decode(ids: ArrayLike<number>, options: DecodeOptions = {}): string {
    const kept = options.skipSpecialTokens ? this.#withoutSpecials(ids) : ids;
    this.#checkIds(kept);
    if (this.#decodeChain === byteLevelDecoder) return this.#tokenBytes().decode(kept);
    return this.#decodeChain(Array.from(kept, (id) => this.idToToken(id) as string)).join('');
  }

  /** A decoder that takes ids one by one and never gives half a character. */
  decodeStream(options: DecodeOptions = {}): DecodeStream {
    if (this.#decodeChain !== byteLevelDecoder)
      return windowDecodeStream((ids) => this.decode(ids, options));
    const none = new Uint8Array(0);
    return byteDecodeStream((id) => {
      this.#checkIds([id]);
      return options.skipSpecialTokens && this.#isSpecial(id)
        ? none
        : this.#tokenBytes().bytesOf(id);
    });
  }

  /** Made on first use: a tokenizer that only encodes does not need it. */
  #tokenBytes(): TokenBytes {
    return (this.#bytes ??= new TokenBytes(
      Array.from({ length: this.vocabSize }, (_, id) => this.idToToken(id)),
    ));
  }

  #withoutSpecials(ids: ArrayLike<number>): number[] {
    return Array.from(ids).filter((id) => !this.#isSpecial(id));
  }

  #isSpecial(id: number): boolean {
    return this.#added.byId(id)?.special === true;
  }

  #checkIds(ids: ArrayLike<number>): void {
    const known = (this.#known ??= this.#knownIds());
    for (let i = 0; i < ids.length; i++) {
      if (known[ids[i] as number] !== 1) throw this.#unknownId(ids[i] as number);
    }
  }

  #knownIds(): Uint8Array {
    const known = new Uint8Array(this.vocabSize);
    for (let id = 0; id < known.length; id++) known[id] = this.idToToken(id) === undefined ? 0 : 1;
    return known;
  }

  #unknownId(id: number): TokenizerError {
    return new TokenizerError(
      `decode: ids: expected ids of this vocabulary (0 to ${this.vocabSize - 1}), got ${id}. Is this the model's tokenizer?`,
    );
  }

  /** The text of a conversation in the model's format. Encode it with `addSpecialTokens: false`. */
  applyChatTemplate(
    messages: readonly ChatMessage[],
    options: ApplyChatTemplateOptions = {},
  ): string {
    return renderChatTemplate(messages, this.roles, options);
  }
}

/** Pre-tokenizer and model in one: the ids of a stretch of normalized text. */
function pieceTokenizer(
  preTokenizer: unknown,
  model: Model,
): (text: string, output: IdBuffer) => void {
  if (preTokenizer === null) {
    return (text, output) => model.tokenize(wellFormed(text), output);
  }
  const scanner = model instanceof BpeModel ? knownScanner(preTokenizer) : undefined;
  if (model instanceof BpeModel && scanner !== undefined) {
    const fast = ByteLevelEncoder.create(model, scanner);
    if (fast !== undefined) return (text, output) => fast.encode(text, output);
  }
  const split = parsePreTokenizer(preTokenizer, 'pre_tokenizer');
  return (text, output) => {
    for (const piece of split(wellFormed(text))) model.tokenize(piece, output);
  };
}

/** A lone surrogate is no character; as UTF-8 it becomes U+FFFD, so it does here. The fast path needs no such step. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD');
}

function wellFormedFirst(normalize: (text: string) => string): (text: string) => string {
  return (text) => normalize(wellFormed(text));
}
