/**
 * A tokenizer: text to ids and back, through the stages of Hugging Face `tokenizers`: added tokens, normalizer,
 * pre-tokenizer, model, post-processor, decoder. Ids are checked against the Rust library (see the fixtures).
 */
import { AddedVocabulary } from './added-tokens/added-vocabulary.ts';
import type { AddedToken } from './added-tokens/added-token.ts';
import type { ApplyChatTemplateOptions, ChatMessage } from './chat-template/apply-chat-template.ts';
import { renderChatTemplate } from './chat-template/apply-chat-template.ts';
import type { EncodedChat } from './chat-template/assistant-mask.ts';
import { encodeChat } from './chat-template/assistant-mask.ts';
import type { DecodeStream } from './decode-stream.ts';
import { BpeModel } from './bpe/bpe-model.ts';
import type { RawTokens } from './bpe/raw-tokens.ts';
import { TokenDecoder } from './decoders/token-decoder.ts';
import { ggufMetadata } from './gguf/export.ts';
import { ggufDefinition } from './gguf/vocabulary.ts';
import { loadTokenizer, saveTokenizer } from './io/load-save.ts';
import type { TokenizerDefinition } from './io/tokenizer-json.ts';
import { parseTokenizerJson, tokenizerJson } from './io/tokenizer-json.ts';
import type { Model } from './model.ts';
import { IdBuffer } from './model.ts';
import { parseNormalizer } from './normalizers/normalizer.ts';
import { specialFilter } from './added-tokens/allowed-special.ts';
import type { EncodeInput } from './encoding/batch-encoder.ts';
import { BatchEncoder } from './encoding/batch-encoder.ts';
import type { Encoding } from './encoding/encoding.ts';
import type {
  DecodeOptions,
  EncodeFullOptions,
  EncodeOptions,
  TokenizerRoles,
} from './tokenizer-options.ts';
import type { ScoredIds } from './unigram/n-best.ts';
import { encodeNBest } from './unigram/n-best.ts';
import type { TiktokenOptions } from './tiktoken/ranks.ts';
import { tiktokenDefinition } from './tiktoken/ranks.ts';
import { sentencePieceDefinition } from './sentencepiece/definition.ts';
import { parseSentencePieceModel } from './sentencepiece/model-file.ts';
import {
  concatenate,
  fillIds,
  NO_POST_PROCESSOR,
  parsePostProcessorPlan,
} from './post-processors/post-processor.ts';
import type { PostProcess, PostProcessorPlan } from './post-processors/post-processor.ts';
import type { StretchTokenizer } from './pieces/stretch-tokenizer.ts';
import { asksForOrigin, fusedTokenizer, pieceTokenizer } from './piece-tokenizer.ts';
import { wellFormed } from './unicode/well-formed.ts';

export class Tokenizer {
  readonly definition: TokenizerDefinition;
  readonly roles: TokenizerRoles;
  readonly #model: Model;
  readonly #added: AddedVocabulary;
  readonly #normalize: (text: string) => string;
  readonly #tokenize: StretchTokenizer;
  /** Whether a piece's place in the original decides how it is split. */
  readonly #needsOrigin: boolean;
  readonly #plan: PostProcessorPlan;
  readonly #postProcess: PostProcess;
  #batch: BatchEncoder | undefined;
  readonly #decoder: TokenDecoder;
  /** What `encode` writes to, reused from text to text. */
  readonly #ids = new IdBuffer(16);

  constructor(definition: TokenizerDefinition, roles: TokenizerRoles = {}) {
    const { normalizer, postProcessor, decoder } = definition;
    this.definition = definition;
    this.roles = roles;
    this.#model = definition.model;
    const normalize =
      normalizer === null
        ? (text: string): string => text
        : wellFormedFirst(parseNormalizer(normalizer, 'normalizer'));
    this.#added = new AddedVocabulary(definition.addedTokens, normalize);
    this.#needsOrigin = asksForOrigin(definition);
    const fused = fusedTokenizer(definition, normalize);
    this.#normalize = fused === undefined ? normalize : (text) => text;
    this.#tokenize = fused ?? pieceTokenizer(definition);
    this.#plan =
      postProcessor === null
        ? NO_POST_PROCESSOR
        : parsePostProcessorPlan(postProcessor, 'post_processor');
    this.#postProcess = fillIds(this.#plan);
    this.#decoder = new TokenDecoder(decoder, {
      vocabSize: this.vocabSize,
      idToToken: (id) => this.idToToken(id),
      isSpecial: (id) => this.isSpecial(id),
      rawTokens: () => this.#rawTokens(),
    });
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

  /** @param ranks The text of a tiktoken rank file. @param options A public encoding's name, or pattern and special tokens. */
  static fromTiktoken(ranks: string, options: TiktokenOptions): Tokenizer {
    return new Tokenizer(tiktokenDefinition(ranks, options, 'fromTiktoken'));
  }

  /** @param bytes A SentencePiece `.model` file. */
  static fromSentencePiece(bytes: Uint8Array): Tokenizer {
    const model = parseSentencePieceModel(bytes, 'fromSentencePiece');
    const { definition, roles } = sentencePieceDefinition(model, 'fromSentencePiece');
    return new Tokenizer(definition, roles);
  }

  /** Node only. @param path A folder or a file: tokenizer.json, .model, vocab.json (with merges.txt), vocab.txt, .tiktoken, .gguf. */
  static async load(path: string): Promise<Tokenizer> {
    const { definition, roles } = await loadTokenizer(path);
    return new Tokenizer(definition, roles);
  }

  /** Node only. `path` in .json, .model, .tiktoken, vocab.txt: that file; else a folder with tokenizer.json and its configuration. */
  async save(path: string): Promise<void> {
    await saveTokenizer(path, this);
  }

  toJSON(): unknown {
    return tokenizerJson(this.definition);
  }

  /**
   * As the metadata of a GGUF file: keys `tokenizer.ggml.*` and `tokenizer.chat_template`. A number is a uint32, a typed
   * array an array of its type. Throws UnsupportedComponentError where llama.cpp has no counterpart.
   */
  toGgufMetadata(): Map<string, unknown> {
    return ggufMetadata(this.definition, this.roles);
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
    if (options.sampling !== undefined)
      return [...this.encodeFull(text, { ...options, truncation: false, padding: false }).ids];
    const ids = this.#encodePart(text, options).toArray();
    const pair =
      options.pair === undefined ? undefined : this.#encodePart(options.pair, options).toArray();
    return options.addSpecialTokens === false
      ? concatenate(ids, pair)
      : this.#postProcess(ids, pair);
  }

  /** Ids with offsets, word ids, types and masks; truncated and padded as asked or as the tokenizer.json says. */
  encodeFull(text: string, options: EncodeFullOptions = {}): Encoding {
    const input: EncodeInput = options.pair === undefined ? text : [text, options.pair];
    return this.encodeBatch([input], options)[0] as Encoding;
  }

  /** `encodeFull` of each text, or pair of texts, padded to one length where padding is asked for. */
  encodeBatch(inputs: readonly EncodeInput[], options: EncodeFullOptions = {}): Encoding[] {
    return this.#batchEncoder().encode(inputs, options, (id = this.padTokenId ?? 0) => ({
      padId: id,
      padToken: this.idToToken(id) ?? '',
    }));
  }

  /** The `count` most probable tokenizations of a text, best first, without added tokens. Unigram models only. */
  encodeNBest(text: string, count: number): ScoredIds[] {
    const pieces = () => this.#batchEncoder().full.pieces(text, () => true);
    return encodeNBest(this.#model, pieces, count);
  }

  #batchEncoder(): BatchEncoder {
    return (this.#batch ??= new BatchEncoder(this.definition, this.#added, this.#plan));
  }

  /** As `encode`, to an Int32Array, which is faster for long texts. */
  encodeToInt32(text: string, options: EncodeOptions = {}): Int32Array {
    const isPlain = options.addSpecialTokens === false || this.#postProcess === concatenate;
    if (!isPlain || options.pair !== undefined) return Int32Array.from(this.encode(text, options));
    return this.#encodePart(text, options).toInt32Array();
  }

  /** Forgets the pieces of text met so far, whose ids are kept (in bounded memory) to be faster when they come again. */
  clearCache(): void {
    this.#tokenize.clearCache();
    this.#model.clearCache?.();
  }

  /** How many ids `encode` gives. */
  count(text: string, options: EncodeOptions = {}): number {
    return this.encodeToInt32(text, options).length;
  }

  #encodePart(text: string, options: EncodeOptions): IdBuffer {
    const output = this.#ids;
    output.clear();
    const isAllowed = specialFilter(text, this.#added.tokens, options);
    if (this.#needsOrigin) {
      for (const { text: piece, token } of this.#batchEncoder().full.pieces(text, isAllowed)) {
        if (token !== undefined) output.push(token.id);
        else this.#model.tokenize(piece.text, output);
      }
      return output;
    }
    this.#added.split(text, this.#normalize, isAllowed).forEach((segment, i) => {
      if (typeof segment === 'number') output.push(segment);
      else this.#tokenize.encode(segment, output, i === 0);
    });
    return output;
  }

  decode(ids: ArrayLike<number>, options: DecodeOptions = {}): string {
    return this.#decoder.decode(ids, options);
  }

  /** A decoder that takes ids one by one and never gives half a character. */
  decodeStream(options: DecodeOptions = {}): DecodeStream {
    return this.#decoder.stream(options);
  }

  #rawTokens(): { tokens: RawTokens; except: number[] } | undefined {
    return this.#model instanceof BpeModel
      ? { tokens: this.#model.rawTokens, except: this.#added.tokens.map(({ id }) => id) }
      : undefined;
  }

  isSpecial(id: number): boolean {
    return this.#added.byId(id)?.special === true;
  }

  /** The text of a conversation in the model's format. Encode it with `addSpecialTokens: false`. */
  applyChatTemplate(
    messages: readonly ChatMessage[],
    options: ApplyChatTemplateOptions = {},
  ): string {
    return renderChatTemplate(messages, this.roles, options);
  }

  /** A conversation as ids, with a mask of what the assistant wrote, for training. */
  encodeChat(
    messages: readonly ChatMessage[],
    options: ApplyChatTemplateOptions = {},
  ): EncodedChat {
    const plain = { addSpecialTokens: false, truncation: false, padding: false } as const;
    return encodeChat({ messages, options, roles: this.roles }, this.addedTokens, (text) =>
      this.encodeFull(text, plain),
    );
  }
}

function wellFormedFirst(normalize: (text: string) => string): (text: string) => string {
  return (text) => normalize(wellFormed(text));
}
