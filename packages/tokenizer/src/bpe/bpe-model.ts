/**
 * The BPE model of tokenizer.json: characters of a piece become symbols, then merges join them. What becomes of a
 * character that the vocabulary lacks: its `<0xNN>` bytes (byte_fallback), else unk_token (neighbours fused with
 * fuse_unk), else nothing. Checked against Rust `tokenizers` 0.23.
 */
import type { JsonObject } from '../io/json-fields.ts';
import { booleanField, formatError, optionalString } from '../io/json-fields.ts';
import type { IdBuffer, Model, TokenSpans } from '../model.ts';
import type { PackedModel } from '../packed/packed-model.ts';
import type { Sampler } from '../sampling/sampling.ts';
import { Vocabulary } from '../vocabulary.ts';
import { MergeTable } from './merge-table.ts';
import type { Merge } from './merges.ts';
import { buildMergeTable, parseMerges } from './merges.ts';
import { mergeSymbols } from './merge-symbols.ts';
import { mergeWithDropout } from './merge-with-dropout.ts';
import type { RawTokens } from './raw-tokens.ts';
import { rawTokensOf } from './raw-tokens.ts';
import { spansOfSymbols, SymbolPlaces, symbolsPerToken } from './symbol-places.ts';

export interface BpeOptions {
  /** The rate that sampling takes unless it names one; without sampling nothing is dropped. */
  readonly dropout?: number | undefined;
  readonly unkToken?: string | undefined;
  readonly continuingSubwordPrefix?: string | undefined;
  readonly endOfWordSuffix?: string | undefined;
  readonly fuseUnk?: boolean;
  readonly byteFallback?: boolean;
  /** A piece that is a token as a whole is that token, whatever its merges say. */
  readonly ignoreMerges?: boolean;
}

/** Pieces up to this length are cached, and so many of them; both bound the memory of a long-lived process. */
const CACHED_LENGTH = 64;
const CACHED_PIECES = 50_000;
const DEFAULT_DROPOUT = 0.1;

export class BpeModel implements Model {
  readonly type = 'BPE';
  readonly vocabulary: Vocabulary;
  readonly mergeTable: MergeTable;
  readonly options: BpeOptions;
  /** The unknown token's id, if there is one. */
  readonly #unkIds: readonly number[];
  #merges: readonly Merge[] | undefined;
  #rawTokens: RawTokens | undefined;
  #symbolCounts: Int32Array | undefined;
  readonly #cache = new Map<string, Int32Array>();
  #symbols = new Int32Array(256);

  /** @param merges A table is taken as it is. */
  constructor(
    vocabulary: Vocabulary,
    merges: readonly Merge[] | MergeTable,
    options: BpeOptions = {},
  ) {
    this.vocabulary = vocabulary;
    this.options = options;
    if (merges instanceof MergeTable) this.mergeTable = merges;
    else {
      this.#merges = merges;
      this.mergeTable = buildMergeTable(vocabulary, merges, options.continuingSubwordPrefix);
    }
    this.#unkIds = options.unkToken === undefined ? [] : [requireUnk(vocabulary, options.unkToken)];
  }

  /** @param packed Vocabulary and merges, where they were read already. */
  static fromJSON(json: JsonObject, path: string, packed?: PackedModel): BpeModel {
    const dropout = json['dropout'] ?? undefined;
    if (dropout !== undefined && !(Number(dropout) >= 0 && Number(dropout) <= 1))
      throw formatError(`${path}.dropout`, 'a probability or null', dropout);
    const vocabulary = Vocabulary.ofModel(json, path, packed);
    const merges = packed?.merges ?? parseMerges(json['merges'], `${path}.merges`);
    return new BpeModel(vocabulary, merges, {
      dropout: dropout === undefined ? undefined : Number(dropout),
      unkToken: optionalString(json, 'unk_token', path),
      continuingSubwordPrefix: optionalString(json, 'continuing_subword_prefix', path),
      endOfWordSuffix: optionalString(json, 'end_of_word_suffix', path),
      fuseUnk: booleanField(json, 'fuse_unk', path, false),
      byteFallback: booleanField(json, 'byte_fallback', path, false),
      ignoreMerges: booleanField(json, 'ignore_merges', path, false),
    });
  }

  get merges(): readonly Merge[] {
    if (this.#merges !== undefined) return this.#merges;
    const { list } = this.mergeTable;
    const token = (id: number | undefined): string => this.idToToken(id as number) as string;
    return (this.#merges = Array.from({ length: list.length / 3 }, (_, rank): Merge => [
      token(list[rank * 3]),
      token(list[rank * 3 + 1]),
    ]));
  }

  /** The bytes that the tokens of a byte-level vocabulary stand for. */
  get rawTokens(): RawTokens {
    return (this.#rawTokens ??= rawTokensOf(this.vocabulary.packed));
  }

  get vocabSize(): number {
    return this.vocabulary.size;
  }

  tokenToId(token: string): number | undefined {
    return this.vocabulary.idOf(token);
  }

  idToToken(id: number): string | undefined {
    return this.vocabulary.tokenAt(id);
  }

  tokenize(piece: string, output: IdBuffer): void {
    const cached = this.#cache.get(piece);
    if (cached !== undefined) return output.append(cached);
    const ids = this.tokenizeUncached(piece);
    output.append(ids);
    if (piece.length > CACHED_LENGTH) return;
    if (this.#cache.size >= CACHED_PIECES) this.#cache.clear();
    this.#cache.set(piece, ids.slice());
  }

  clearCache(): void {
    this.#cache.clear();
  }

  /** The ids of a piece; valid until the next call. */
  tokenizeUncached(piece: string): Int32Array {
    const whole = this.options.ignoreMerges ? this.tokenToId(piece) : undefined;
    if (whole !== undefined) return Int32Array.of(whole);
    const length = this.#initialSymbols(piece);
    return this.#symbols.subarray(0, mergeSymbols(this.mergeTable, this.#symbols, length));
  }

  tokenizeSpans(piece: string, output: TokenSpans): void {
    const whole = this.options.ignoreMerges ? this.tokenToId(piece) : undefined;
    if (whole !== undefined) return output.push(whole, 0, piece.length);
    const places = new SymbolPlaces();
    const length = this.#initialSymbols(piece, places);
    this.#emitSpans(mergeSymbols(this.mergeTable, this.#symbols, length), places, output);
  }

  /** BPE dropout. Whole pieces are not looked up first, else there would be nothing to sample. */
  sampleSpans(piece: string, output: TokenSpans, sampler: Sampler): void {
    const dropout = sampler.dropout ?? this.options.dropout ?? DEFAULT_DROPOUT;
    const places = new SymbolPlaces();
    const length = this.#initialSymbols(piece, places);
    const symbols = this.#symbols;
    const left = mergeWithDropout(this.mergeTable, symbols, length, dropout, sampler.random);
    this.#emitSpans(left, places, output);
  }

  #emitSpans(length: number, places: SymbolPlaces, output: TokenSpans): void {
    this.#symbolCounts ??= symbolsPerToken(
      this.vocabulary,
      this.mergeTable,
      this.options.continuingSubwordPrefix,
    );
    spansOfSymbols(this.#symbols.subarray(0, length), this.#symbolCounts, places, output);
  }

  /** Fills `#symbols` with one id per character; returns how many there are. */
  #initialSymbols(piece: string, places?: SymbolPlaces): number {
    const { continuingSubwordPrefix, endOfWordSuffix, fuseUnk } = this.options;
    let count = 0;
    let endsInUnk = false;
    for (let i = 0; i < piece.length;) {
      const character = String.fromCodePoint(piece.codePointAt(i) as number);
      const start = i;
      i += character.length;
      let symbol = character;
      if (start > 0 && continuingSubwordPrefix) symbol = continuingSubwordPrefix + symbol;
      if (i === piece.length && endOfWordSuffix) symbol += endOfWordSuffix;
      const id = this.tokenToId(symbol);
      const fallback = id === undefined ? this.#fallback(symbol) : undefined;
      if (id !== undefined) {
        count = this.#put(count, id);
        places?.push(start, i);
        endsInUnk = false;
      } else if (fallback === undefined && endsInUnk && fuseUnk) places?.extend(i);
      else {
        const added = fallback ?? this.#unkIds;
        endsInUnk = fallback === undefined && added.length > 0;
        for (const symbolId of added) {
          count = this.#put(count, symbolId);
          places?.push(start, i);
        }
      }
    }
    return count;
  }

  #put(count: number, id: number): number {
    if (count === this.#symbols.length) {
      const symbols = new Int32Array(count * 2);
      symbols.set(this.#symbols);
      this.#symbols = symbols;
    }
    this.#symbols[count] = id;
    return count + 1;
  }

  /** Whether some merge joins what may stand for a character that is no token. */
  get mergesSubstitutes(): boolean {
    const bytes = Array.from({ length: 256 }, (_, byte) => this.tokenToId(byteToken(byte)));
    const substitutes = new Set([...this.#unkIds, ...(this.options.byteFallback ? bytes : [])]);
    const { list } = this.mergeTable;
    for (let i = 0; i < list.length; i += 3)
      if (substitutes.has(list[i]) || substitutes.has(list[i + 1])) return true;
    return false;
  }

  /** The `<0xNN>` tokens of a symbol's bytes, if byte fallback is on and the vocabulary has them all. */
  #fallback(symbol: string): number[] | undefined {
    if (!this.options.byteFallback) return undefined;
    const ids: number[] = [];
    for (const byte of new TextEncoder().encode(symbol)) {
      const id = this.tokenToId(byteToken(byte));
      if (id === undefined) return undefined;
      ids.push(id);
    }
    return ids;
  }

  toJSON(): unknown {
    const { unkToken, continuingSubwordPrefix, endOfWordSuffix } = this.options;
    return {
      type: 'BPE',
      dropout: this.options.dropout ?? null,
      unk_token: unkToken ?? null,
      continuing_subword_prefix: continuingSubwordPrefix ?? null,
      end_of_word_suffix: endOfWordSuffix ?? null,
      fuse_unk: this.options.fuseUnk ?? false,
      byte_fallback: this.options.byteFallback ?? false,
      ignore_merges: this.options.ignoreMerges ?? false,
      vocab: this.vocabulary.toJSON(),
      merges: this.merges,
    };
  }
}

function byteToken(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
}

function requireUnk(vocabulary: Vocabulary, unkToken: string): number {
  const id = vocabulary.idOf(unkToken);
  if (id === undefined) throw formatError('model.unk_token', 'a token of the vocabulary', unkToken);
  return id;
}
