/**
 * Trains a Unigram tokenizer (Kudo 2018; SentencePiece's procedure): a large first vocabulary of frequent substrings,
 * then rounds of expectation maximisation and pruning until the size is near, then the best pieces and all characters.
 */
import type { Tokenizer } from '../tokenizer.ts';
import type { ScoredPiece } from '../unigram/unigram-model.ts';
import { UnigramModel } from '../unigram/unigram-model.ts';
import { buildTrained } from './build-tokenizer.ts';
import type { CorpusOptions, Texts } from './corpus-words.ts';
import { checkVocabSize, countPieces, withThreads } from './corpus-words.ts';
import type { ThreadTeam } from './thread-team.ts';
import type { Kept, WeighedPieces } from './unigram-em.ts';
import { digamma } from './unigram-em.ts';
import { choosePieces } from './unigram-prune.ts';
import { seedPieces } from './unigram-seeds.ts';

export interface TrainUnigramOptions extends CorpusOptions {
  /** Pieces in all. @default 8000 */
  readonly vocabSize?: number;
  /** The part of the pieces that a round of pruning keeps. @default 0.75 */
  readonly shrinkingFactor?: number;
  /** In characters. @default 16 */
  readonly maxPieceLength?: number;
  /** Rounds of expectation maximisation between prunings. @default 2 */
  readonly subIterations?: number;
  /** Substrings to begin with. @default 1000000 */
  readonly seedSize?: number;
  /** Characters that are pieces even if the corpus lacks them. @default [] */
  readonly initialAlphabet?: readonly string[];
}

const METASPACE = {
  type: 'Metaspace',
  replacement: '\u2581',
  prepend_scheme: 'always',
  split: true,
};
/** Pruning stops at this many times the size; the rest goes by score. */
const SURPLUS = 1.1;
/** Pieces expected less often are dropped at once. */
const LEAST_EXPECTED = 0.5;
const UNK_PENALTY = 10;

export async function trainUnigram(
  texts: Texts,
  options: TrainUnigramOptions = {},
): Promise<Tokenizer> {
  const { vocabSize = 8000, unkToken = '<unk>' } = options;
  const filled = {
    ...options,
    unkToken,
    specialTokens: [...new Set([unkToken, ...(options.specialTokens ?? [])])],
    preTokenizer: options.preTokenizer ?? METASPACE,
  };
  const name = 'trainUnigram';
  return withThreads(options, name, async (team) => {
    const counts = await countPieces(texts, filled, name, team);
    const required = requiredCharacters(counts, options.initialAlphabet ?? []);
    const { specialTokens } = filled;
    checkVocabSize(name, vocabSize, specialTokens.length + required.length);
    const learned = await learnPieces(counts, { ...options, vocabSize }, team);
    const pieces = finish(learned, required, vocabSize - specialTokens.length, specialTokens);
    const model = new UnigramModel(pieces, { unkId: specialTokens.indexOf(unkToken) });
    return buildTrained(model, filled, { decoder: METASPACE });
  });
}

function requiredCharacters(
  counts: ReadonlyMap<string, number>,
  initial: readonly string[],
): string[] {
  const seen = new Map<string, number>();
  for (const [word, count] of counts)
    for (const character of word) seen.set(character, (seen.get(character) ?? 0) + count);
  for (const character of initial) seen.set(character, seen.get(character) ?? 0);
  return [...seen].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).map(([text]) => text);
}

async function learnPieces(
  counts: ReadonlyMap<string, number>,
  options: TrainUnigramOptions & { readonly vocabSize: number },
  team: ThreadTeam,
): Promise<WeighedPieces> {
  const { vocabSize, shrinkingFactor = 0.75, subIterations = 2 } = options;
  const { seedSize = 1_000_000, maxPieceLength = 16 } = options;
  const words = { texts: [...counts.keys()], counts: Float64Array.from(counts.values()) };
  const wordCount = words.counts.reduce((sum, count) => sum + count, 0);
  const desired = Math.floor(vocabSize * SURPLUS);
  const vocabulary = new ShrinkingPieces(
    normalized(seedPieces(counts, { seedSize, maxPieceLength })),
  );
  await team.startRounds(words, vocabulary.current.pieces);
  for (;;) {
    for (let i = 0; i < subIterations; i++) {
      options.signal?.throwIfAborted();
      await maximize(vocabulary, team);
      const { length } = vocabulary.current.pieces;
      options.onProgress?.({ phase: 'expect', done: length, total: desired });
    }
    const { current } = vocabulary;
    if (current.pieces.length <= desired) return current;
    const size = Math.max(desired, Math.floor(current.pieces.length * shrinkingFactor));
    const unkScore = unkScoreOf(current.scores);
    const usage = await team.usage(vocabulary.takeKept(), current.scores, unkScore);
    const kept = choosePieces(current, usage, wordCount, unkScore, size);
    // What cannot be written otherwise stays, even beyond the size: then nothing more can go.
    if (kept.length === current.pieces.length) return current;
    vocabulary.keep(kept, (id) => current.scores[id] as number);
  }
}

/** The pieces that are left, and which of them the threads have not been told of yet. */
class ShrinkingPieces {
  current: WeighedPieces;
  #kept: Kept;

  constructor(pieces: WeighedPieces) {
    this.current = pieces;
  }

  keep(ids: readonly number[], score: (id: number) => number): void {
    const { pieces } = this.current;
    this.#kept = ids.length === pieces.length ? undefined : Int32Array.from(ids);
    this.current = {
      pieces: ids.map((id) => pieces[id] as string),
      scores: Float64Array.from(ids, score),
    };
  }

  takeKept(): Kept {
    const kept = this.#kept;
    this.#kept = undefined;
    return kept;
  }
}

function normalized(seeds: readonly { piece: string; score: number }[]): WeighedPieces {
  const total = Math.log(seeds.reduce((sum, { score }) => sum + score, 0));
  return {
    pieces: seeds.map(({ piece }) => piece),
    scores: Float64Array.from(seeds, ({ score }) => Math.log(score) - total),
  };
}

function unkScoreOf(scores: Float64Array): number {
  return scores.reduce((min, score) => Math.min(min, score), 0) - UNK_PENALTY;
}

/** Counts to scores by ψ, not log, which makes rare pieces rarer still: a sparse prior (variational Bayes). */
async function maximize(vocabulary: ShrinkingPieces, team: ThreadTeam): Promise<void> {
  const { scores } = vocabulary.current;
  const { counts } = await team.expect(vocabulary.takeKept(), scores, unkScoreOf(scores));
  const kept: number[] = [];
  counts.forEach((count, id) => count >= LEAST_EXPECTED && kept.push(id));
  const total = digamma(kept.reduce((sum, id) => sum + (counts[id] as number), 0));
  vocabulary.keep(kept, (id) => digamma(counts[id] as number) - total);
}

/** All required characters, then the best other pieces, in the order of their scores. */
function finish(
  { pieces, scores }: WeighedPieces,
  required: readonly string[],
  size: number,
  specialTokens: readonly string[],
): ScoredPiece[] {
  const known = new Map(pieces.map((piece, id) => [piece, scores[id] as number]));
  let least = scores.reduce((min, score) => Math.min(min, score), 0);
  const chosen = new Map<string, number>();
  for (const character of required) {
    const score = known.get(character);
    chosen.set(character, score ?? least);
    if (score === undefined) least -= 0.0001;
  }
  const others = [...known]
    .filter(([piece]) => !chosen.has(piece) && !specialTokens.includes(piece))
    .sort(([, a], [, b]) => b - a);
  for (const [piece, score] of others.slice(0, Math.max(0, size - chosen.size)))
    chosen.set(piece, score);
  const sorted = [...chosen].sort(([, a], [, b]) => b - a);
  return [...specialTokens.map((token): ScoredPiece => [token, 0]), ...sorted];
}
