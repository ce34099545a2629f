/**
 * The merges that a SentencePiece BPE vocabulary implies: two pieces join if they spell a third, and the third's score
 * says when. Best score first; pairs that spell the same piece in the order of their ids.
 */
import type { Merge } from '../bpe/merges.ts';

/** @param scores By id; higher is earlier. */
export function scoredMerges(
  pieces: readonly string[],
  scores: ArrayLike<number>,
  isMergeable: (id: number) => boolean,
): Merge[] {
  const ids = new Map<string, number>();
  pieces.forEach((piece, id) => isMergeable(id) && ids.set(piece, id));
  const found: { left: number; right: number; score: number; id: number }[] = [];
  for (const [piece, id] of ids) {
    for (let at = 1; at < piece.length; at++) {
      const left = ids.get(piece.slice(0, at));
      const right = left === undefined ? undefined : ids.get(piece.slice(at));
      if (left === undefined || right === undefined) continue;
      found.push({ left, right, score: scores[id] as number, id });
    }
  }
  found.sort((a, b) => b.score - a.score || a.id - b.id || a.left - b.left || a.right - b.right);
  return found.map(({ left, right }): Merge => [pieces[left] as string, pieces[right] as string]);
}
