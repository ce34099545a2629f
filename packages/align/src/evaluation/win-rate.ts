import { DataError } from '../errors.ts';

/** Share of cases in which `ours` scores above `theirs`; a tie is half a win. @returns 0 … 1 */
export function winRate(ours: ArrayLike<number>, theirs: ArrayLike<number>): number {
  if (ours.length !== theirs.length || ours.length === 0) {
    throw new DataError(
      `winRate: theirs: expected as many scores as ours, at least one, got ${theirs.length} for ${ours.length}.`,
    );
  }
  let wins = 0;
  for (let i = 0; i < ours.length; i++) {
    const difference = ours[i]! - theirs[i]!;
    wins += difference > 0 ? 1 : difference === 0 ? 0.5 : 0;
  }
  return wins / ours.length;
}
