/**
 * The pruning step of Unigram training (Kudo 2018, section 3.2): what the likelihood would lose without a piece, taking
 * it that each of its places would be written as the best other way to write the piece. The least useful go.
 */
import { PieceTrie } from '../unigram/piece-trie.ts';
import { Viterbi } from '../unigram/viterbi.ts';
import type { CountedWords } from './unigram-em.ts';

export interface WeighedPieces {
  readonly pieces: readonly string[];
  readonly scores: Float64Array;
}

/** @returns which pieces to keep, by id: at most `size`, unless more cannot be written otherwise. */
export function choosePieces(
  { pieces, scores }: WeighedPieces,
  words: CountedWords,
  unkScore: number,
  size: number,
): number[] {
  const trie = new PieceTrie(pieces);
  const viterbi = new Viterbi(trie, scores, unkScore);
  const usage = countUsage(pieces.length, words, viterbi);
  const kept: number[] = [];
  const candidates: { id: number; loss: number }[] = [];
  pieces.forEach((piece, id) => {
    const other = otherWay(piece, id, scores, viterbi);
    if (other === undefined) kept.push(id);
    else if (other.isBetter) {
      if ((usage.frequency[id] as number) > 0) kept.push(id);
    } else if ((usage.wordCount[id] as number) > 0)
      candidates.push({ id, loss: lossWithout(id, other.ids, usage) });
  });
  candidates.sort((a, b) => b.loss - a.loss || a.id - b.id);
  const room = Math.max(0, size - kept.length);
  return [...kept, ...candidates.slice(0, room).map(({ id }) => id)];
}

interface Usage {
  /** How often each piece stands in the best writing of the corpus; the last entry is for unknown characters. */
  readonly frequency: Float64Array;
  /** How many words, with repeats, hold each piece. */
  readonly wordCount: Float64Array;
  readonly total: number;
  readonly words: number;
}

function countUsage(size: number, words: CountedWords, viterbi: Viterbi): Usage {
  const frequency = new Float64Array(size + 1);
  const wordCount = new Float64Array(size + 1);
  let total = 0;
  let all = 0;
  words.texts.forEach((text, word) => {
    const count = words.counts[word] as number;
    all += count;
    viterbi.run(text);
    for (let end = text.length; end > 0; end = viterbi.startOf(end)) {
      const found = viterbi.idOf(end);
      const id = found < 0 ? size : found;
      frequency[id] = (frequency[id] as number) + count;
      total += count;
      // A word that holds a piece twice counts twice, as in SentencePiece's inverted index.
      wordCount[id] = (wordCount[id] as number) + count;
    }
  });
  return { frequency, wordCount, total, words: all };
}

/** The best writing of a piece without itself; undefined for a single character, which has none. */
function otherWay(
  piece: string,
  id: number,
  scores: Float64Array,
  viterbi: Viterbi,
): { isBetter: boolean; ids: number[] } | undefined {
  if (piece.length === ((piece.codePointAt(0) as number) > 0xffff ? 2 : 1)) return undefined;
  const score = viterbi.run(piece, id);
  const ids: number[] = [];
  for (let end = piece.length; end > 0; end = viterbi.startOf(end)) {
    const found = viterbi.idOf(end);
    ids.push(found < 0 ? scores.length : found);
  }
  return { isBetter: score > (scores[id] as number), ids };
}

function lossWithout(id: number, others: readonly number[], usage: Usage): number {
  const { frequency, total } = usage;
  const own = frequency[id] as number;
  const share = (usage.wordCount[id] as number) / usage.words;
  // Its places are shared out: each of the other pieces gains its frequency.
  const newTotal = Math.log(total + own * (others.length - 1));
  const before = Math.log(own) - Math.log(total);
  const after = others.reduce(
    (sum, other) => sum + Math.log((frequency[other] as number) + own) - newTotal,
    0,
  );
  return share * (before - after);
}
