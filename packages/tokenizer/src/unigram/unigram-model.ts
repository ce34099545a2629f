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
import type { Sampler } from '../sampling/sampling.ts';
import { MAX_TOKEN_ID } from '../vocabulary.ts';
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

export class UnigramModel implements Model {
  readonly type = 'Unigram';
  readonly pieces: readonly ScoredPiece[];
  readonly options: UnigramOptions;
  readonly #ids: ReadonlyMap<string, number>;
  readonly #trie: PieceTrie;
  readonly #scores: Float64Array;
  readonly #unkScore: number;
  readonly #viterbi: Viterbi;
  readonly #cache = new Map<string, Int32Array>();
  readonly #spans = new Spans();

  constructor(pieces: readonly ScoredPiece[], options: UnigramOptions = {}) {
    const { unkId } = options;
    if (unkId !== undefined && unkId >= pieces.length)
      throw formatError('model.unk_id', `an id below ${pieces.length}`, unkId);
    this.pieces = pieces;
    this.options = options;
    this.#ids = new Map(pieces.map(([piece], id) => [piece, id]));
    this.#scores = Float64Array.from(pieces, ([, score]) => score);
    this.#trie = new PieceTrie(pieces.map(([piece]) => piece));
    this.#unkScore =
      this.#scores.reduce((min, score) => Math.min(min, score), Infinity) - UNK_PENALTY;
    this.#viterbi = new Viterbi(this.#trie, this.#scores, this.#unkScore);
  }

  static fromJSON(json: JsonObject, path: string, packed?: PackedModel): UnigramModel {
    const pieces = packed === undefined ? parsePieces(json, path) : unpackPieces(packed);
    const unkId = json['unk_id'];
    if (unkId !== undefined && unkId !== null && !(Number.isInteger(unkId) && Number(unkId) >= 0))
      throw formatError(`${path}.unk_id`, 'an id or null', unkId);
    return new UnigramModel(pieces, {
      unkId: typeof unkId === 'number' ? unkId : undefined,
      byteFallback: booleanField(json, 'byte_fallback', path, false),
    });
  }

  get vocabSize(): number {
    return this.pieces.length;
  }

  tokenToId(token: string): number | undefined {
    return this.#ids.get(token);
  }

  idToToken(id: number): string | undefined {
    return this.pieces[id]?.[0];
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

  /** Writes the ids of a piece to `ids` from `count` on and returns the new count. */
  encodePiece(piece: string, ids: Int32Array, count: number): number {
    const viterbi = this.#viterbi;
    viterbi.run(piece);
    let tokens = 0;
    let hasUnknown = false;
    for (let end = piece.length; end > 0; end = viterbi.startOf(end)) {
      const id = viterbi.idOf(end);
      hasUnknown ||= id === -1 || id === this.options.unkId;
      tokens++;
    }
    if (hasUnknown) {
      const spans = this.#spans;
      spans.clear();
      this.#emitBest(piece, spans);
      for (const id of spans.ids) ids[count++] = id;
      return count;
    }
    let place = count + tokens;
    for (let end = piece.length; end > 0; end = viterbi.startOf(end))
      ids[--place] = viterbi.idOf(end);
    return count + tokens;
  }

  tokenizeSpans(piece: string, output: TokenSpans): void {
    this.#viterbi.run(piece);
    this.#emitBest(piece, output);
  }

  /** After `run`: the best way. */
  #emitBest(piece: string, output: TokenSpans): void {
    const ends: number[] = [];
    for (let end = piece.length; end > 0; end = this.#viterbi.startOf(end)) ends.push(end);
    this.#emit(
      piece,
      ends.reverse().map((end) => ({
        id: this.#viterbi.idOf(end),
        start: this.#viterbi.startOf(end),
        end,
      })),
      output,
    );
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
    return new Lattice(this.#trie, this.#scores, this.#unkScore, piece);
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
    const known = this.#ids.get(text);
    if (known !== undefined) return output.push(known, start, end);
    const bytes = this.options.byteFallback ? this.#byteIds(text) : undefined;
    if (bytes !== undefined) {
      for (const id of bytes) output.push(id, start, end);
      return;
    }
    if (this.options.unkId === undefined) {
      throw new TokenizerError(
        `encode: text: expected characters of the vocabulary, which has no unknown token, got ${JSON.stringify(text.slice(0, 60))}.`,
      );
    }
    output.push(this.options.unkId, start, end, text);
  }

  #byteIds(text: string): number[] | undefined {
    const ids: number[] = [];
    for (const byte of new TextEncoder().encode(text)) {
      const id = this.#ids.get(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
      if (id === undefined) return undefined;
      ids.push(id);
    }
    return ids;
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

function unpackPieces({ tokens, scores }: PackedModel): readonly ScoredPiece[] {
  return Array.from(scores as Float64Array, (score, id) => [tokens.tokenAt(id) as string, score]);
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
