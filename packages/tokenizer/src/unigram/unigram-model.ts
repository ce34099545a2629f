/**
 * Unigram (Kudo 2018): a piece is written as the most probable sequence of pieces of the vocabulary. What no piece
 * covers becomes `<0xNN>` bytes (byte_fallback) or one unknown token for each run. Checked against Rust `tokenizers`.
 */
import { TokenizerError } from '../errors.ts';
import type { JsonObject } from '../io/json-fields.ts';
import { asArray, asString, booleanField, formatError } from '../io/json-fields.ts';
import type { IdBuffer, Model, TokenSpans } from '../model.ts';
import { TokenSpans as Spans } from '../model.ts';
import type { PackedModel } from '../packed/packed-model.ts';
import type { PackedTokens } from '../packed/packed-tokens.ts';
import type { Sampler } from '../sampling/sampling.ts';
import { MAX_TOKEN_ID, Vocabulary } from '../vocabulary.ts';
import type { Path } from './lattice.ts';
import { drawFromLogs, Lattice } from './lattice.ts';
import { PieceTrie } from './piece-trie.ts';
import { Viterbi } from './viterbi.ts';

export type ScoredPiece = readonly [piece: string, score: number];

/** An unknown character is as improbable as the rarest piece, less this. */
const UNK_PENALTY = 10;
/** Pieces of text up to this length are cached, and so many of them. */
const CACHED_LENGTH = 48;
const CACHED_PIECES = 100_000;

export interface UnigramOptions {
  readonly unkId?: number | undefined;
  readonly byteFallback?: boolean;
}

/** Pieces and scores as they come from a file. */
export interface PackedPieces {
  readonly tokens: PackedTokens;
  readonly scores: Float64Array;
}

export class UnigramModel implements Model {
  readonly type = 'Unigram';
  readonly vocabulary: Vocabulary;
  /** Log probabilities by id. */
  readonly scores: Float64Array;
  readonly options: UnigramOptions;
  /** That of an unknown character. */
  readonly unkScore: number;
  #pieces: readonly ScoredPiece[] | undefined;
  #made: { readonly trie: PieceTrie; readonly viterbi: Viterbi } | undefined;
  #byteIds: Int32Array | null | undefined;
  readonly #cache = new Map<string, Int32Array>();
  readonly #spans = new Spans();

  constructor(pieces: readonly ScoredPiece[] | PackedPieces, options: UnigramOptions = {}) {
    if ('tokens' in pieces) {
      this.vocabulary = Vocabulary.fromPacked(pieces.tokens);
      this.scores = pieces.scores;
    } else {
      this.vocabulary = Vocabulary.fromTokens(pieces.map(([piece]) => piece));
      this.scores = Float64Array.from(pieces, ([, score]) => score);
      this.#pieces = pieces;
    }
    const { unkId } = options;
    const size = this.scores.length;
    if (unkId !== undefined && unkId >= size)
      throw formatError('model.unk_id', `an id below ${size}`, unkId);
    this.options = options;
    this.unkScore =
      this.scores.reduce((min, score) => Math.min(min, score), Infinity) - UNK_PENALTY;
  }

  static fromJSON(json: JsonObject, path: string, packed?: PackedModel): UnigramModel {
    const unkId = json['unk_id'];
    if (unkId !== undefined && unkId !== null && !(Number.isInteger(unkId) && Number(unkId) >= 0))
      throw formatError(`${path}.unk_id`, 'an id or null', unkId);
    const scores = packed?.scores;
    const pieces =
      packed === undefined || scores === undefined
        ? parsePieces(json, path)
        : { tokens: packed.tokens, scores };
    return new UnigramModel(pieces, {
      unkId: typeof unkId === 'number' ? unkId : undefined,
      byteFallback: booleanField(json, 'byte_fallback', path, false),
    });
  }

  get pieces(): readonly ScoredPiece[] {
    return (this.#pieces ??= Array.from(this.scores, (score, id) => [
      this.vocabulary.tokenAt(id) as string,
      score,
    ]));
  }

  get vocabSize(): number {
    return this.scores.length;
  }

  tokenToId(token: string): number | undefined {
    return this.vocabulary.idOf(token);
  }

  idToToken(id: number): string | undefined {
    return this.vocabulary.tokenAt(id);
  }

  /** Ids of the `<0xNN>` tokens, −1 where there is none; undefined without byte fallback. */
  get byteIds(): Int32Array | undefined {
    if (this.#byteIds === undefined)
      this.#byteIds = this.options.byteFallback
        ? Int32Array.from({ length: 256 }, (_, byte) => this.tokenToId(byteToken(byte)) ?? -1)
        : null;
    return this.#byteIds ?? undefined;
  }

  /** Made when text first goes the general way. */
  get #onStrings(): { readonly trie: PieceTrie; readonly viterbi: Viterbi } {
    if (this.#made === undefined) {
      const trie = new PieceTrie(this.vocabulary.tokens);
      this.#made = { trie, viterbi: new Viterbi(trie, this.scores, this.unkScore) };
    }
    return this.#made;
  }

  tokenize(piece: string, output: IdBuffer): void {
    const cached = this.#cache.get(piece);
    if (cached !== undefined) return output.append(cached);
    const spans = this.#spans;
    spans.clear();
    this.tokenizeSpans(piece, spans);
    output.append(spans.ids);
    if (piece.length > CACHED_LENGTH) return;
    if (this.#cache.size >= CACHED_PIECES) this.#cache.clear();
    this.#cache.set(piece, Int32Array.from(spans.ids));
  }

  clearCache(): void {
    this.#cache.clear();
  }

  tokenizeSpans(piece: string, output: TokenSpans): void {
    const { viterbi } = this.#onStrings;
    viterbi.run(piece);
    const nodes: { id: number; start: number; end: number }[] = [];
    for (let end = piece.length; end > 0; end = viterbi.startOf(end))
      nodes.push({ id: viterbi.idOf(end), start: viterbi.startOf(end), end });
    this.#emit(piece, nodes.reverse(), output);
  }

  sampleSpans(piece: string, output: TokenSpans, sampler: Sampler): void {
    if (piece === '') return;
    const lattice = this.#lattice(piece);
    this.#emit(piece, samplePath(lattice, sampler).nodes, output);
  }

  /** The `count` most probable tokenizations of a piece, with their log probabilities. */
  nBest(piece: string, count: number): { ids: number[]; score: number }[] {
    return this.#lattice(piece)
      .nBest(count)
      .map(({ nodes, score }) => {
        const spans = new Spans();
        this.#emit(piece, nodes, spans);
        return { ids: spans.ids, score };
      });
  }

  #lattice(piece: string): Lattice {
    return new Lattice(this.#onStrings.trie, this.scores, this.unkScore, piece);
  }

  /** Runs of unknown characters become one token. */
  #emit(
    piece: string,
    nodes: readonly { readonly id: number; readonly start: number; readonly end: number }[],
    output: TokenSpans,
  ): void {
    const isUnknown = (id: number): boolean => id === -1 || id === this.options.unkId;
    for (let i = 0; i < nodes.length; i++) {
      const { id, start, end } = nodes[i] as (typeof nodes)[number];
      if (!isUnknown(id)) {
        output.push(id, start, end);
        continue;
      }
      let last = end;
      while (i + 1 < nodes.length && isUnknown(nodes[i + 1]?.id as number))
        last = nodes[++i]?.end as number;
      this.#emitUnknown(piece, start, last, output);
    }
  }

  #emitUnknown(piece: string, start: number, end: number, output: TokenSpans): void {
    const text = piece.slice(start, end);
    const ids = this.unknownIds(text);
    const isUnknown = ids.length === 1 && ids[0] === this.options.unkId;
    for (const id of ids) output.push(id, start, end, isUnknown ? text : undefined);
  }

  /** Ids of a run of unknown characters. */
  unknownIds(text: string): readonly number[] {
    const known = this.tokenToId(text);
    if (known !== undefined) return [known];
    const { byteIds } = this;
    if (byteIds !== undefined) {
      const ids = Array.from(new TextEncoder().encode(text), (byte) => byteIds[byte] as number);
      if (!ids.includes(-1)) return ids;
    }
    if (this.options.unkId === undefined) {
      throw new TokenizerError(
        `encode: text: expected characters of the vocabulary, which has no unknown token, got ${JSON.stringify(text.slice(0, 60))}.`,
      );
    }
    return [this.options.unkId];
  }

  toJSON(): unknown {
    return {
      type: 'Unigram',
      unk_id: this.options.unkId ?? null,
      vocab: this.pieces,
      byte_fallback: this.options.byteFallback ?? false,
    };
  }
}

function parsePieces(json: JsonObject, path: string): readonly ScoredPiece[] {
  const pieces = asArray(json['vocab'], `${path}.vocab`).map((item, i): ScoredPiece => {
    const at = `${path}.vocab[${i}]`;
    const [piece, score, ...more] = asArray(item, at);
    if (typeof score !== 'number' || more.length > 0)
      throw formatError(at, 'a piece and its score', item);
    return [asString(piece, at), score];
  });
  if (pieces.length > MAX_TOKEN_ID)
    throw formatError(`${path}.vocab`, `at most ${MAX_TOKEN_ID} pieces`, pieces);
  return pieces;
}

function byteToken(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
}

function samplePath(lattice: Lattice, { alpha, nbestSize, random }: Sampler): Path {
  if (nbestSize === -1) return lattice.sample(alpha, random);
  const paths = lattice.nBest(nbestSize);
  return paths[
    drawFromLogs(
      paths.map(({ score }) => alpha * score),
      random,
    )
  ] as Path;
}
