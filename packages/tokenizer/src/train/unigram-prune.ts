/**
 * The pruning step of Unigram training (Kudo 2018, section 3.2): what the likelihood would lose without a piece, taking
 * it that each of its places would be written as the best other way to write the piece. The least useful go.
 */
import { PieceTrie } from '../unigram/piece-trie.ts';
import { Viterbi } from '../unigram/viterbi.ts';
import type { Usage, WeighedPieces } from './unigram-em.ts';
import { isOneCharacter } from './unigram-em.ts';

/**
 * @param usage How often each piece stands in the best writing of the corpus. @param words How many words that has.
 * @returns which pieces to keep, by id: at most `size`, unless more cannot be written otherwise.
 */
export function choosePieces(
  { pieces, scores }: WeighedPieces,
  usage: Usage,
  words: number,
  unkScore: number,
  size: number,
): number[] {
  const viterbi = new Viterbi(new PieceTrie(pieces), scores, unkScore);
  const total = usage.reduce((sum, count) => sum + count, 0);
  const kept: number[] = [];
  const candidates: { id: number; loss: number }[] = [];
  pieces.forEach((piece, id) => {
    const other = otherWay(piece, id, scores, viterbi);
    if (other === undefined) kept.push(id);
    else if ((usage[id] as number) === 0) return;
    else if (other.isBetter) kept.push(id);
    else candidates.push({ id, loss: lossWithout(id, other.ids, { usage, total, words }) });
  });
  candidates.sort((a, b) => b.loss - a.loss || a.id - b.id);
  const room = Math.max(0, size - kept.length);
  return [...kept, ...candidates.slice(0, room).map(({ id }) => id)];
}

/** The best writing of a piece without itself; undefined for a single character, which has none. */
function otherWay(
  piece: string,
  id: number,
  scores: Float64Array,
  viterbi: Viterbi,
): { isBetter: boolean; ids: number[] } | undefined {
  if (isOneCharacter(piece)) return undefined;
  const score = viterbi.run(piece, id);
  const ids: number[] = [];
  for (let end = piece.length; end > 0; end = viterbi.startOf(end)) {
    const found = viterbi.idOf(end);
    ids.push(found < 0 ? scores.length : found);
  }
  return { isBetter: score > (scores[id] as number), ids };
}

interface Corpus {
  readonly usage: Usage;
  /** The sum of `usage`. */
  readonly total: number;
  readonly words: number;
}

function lossWithout(id: number, others: readonly number[], corpus: Corpus): number {
  const { usage, total, words } = corpus;
  // A word that holds a piece twice counts twice, as in SentencePiece's inverted index.
  const own = usage[id] as number;
  // Its places are shared out: each of the other pieces gains its frequency.
  const newTotal = Math.log(total + own * (others.length - 1));
  const before = Math.log(own) - Math.log(total);
  const after = others.reduce(
    (sum, other) => sum + Math.log((usage[other] as number) + own) - newTotal,
    0,
  );
  return (own / words) * (before - after);
}
