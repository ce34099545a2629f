/**
 * Scores of a SentencePiece BPE vocabulary from a list of merges: the earlier a token is merged, the higher its score.
 * SentencePiece joins any two pieces that spell a third, so only a list that has all such pairs can be told by scores.
 */
import type { BpeModel } from '../bpe/bpe-model.ts';
import { scoredMerges } from './scored-merges.ts';

/** Scores by id; undefined where scores would not give these merges. @param isMergeable Control and byte pieces are not. */
export function mergeScores(
  { merges, vocabulary }: BpeModel,
  tokens: readonly string[],
  isMergeable: (id: number) => boolean,
): Float32Array | undefined {
  const { ids } = vocabulary;
  const id = (token: string): number => ids.get(token) ?? -1;
  const own = merges.filter(([left, right]) =>
    [left, right, left + right].every((token) => isMergeable(id(token))),
  );
  const order = new Map<number, number>();
  for (const [left, right] of own) {
    const merged = id(left + right);
    if (!order.has(merged)) order.set(merged, order.size);
  }
  const scores = Float32Array.from(tokens, (_, at) =>
    isMergeable(at) ? -(order.get(at) ?? order.size) : 0,
  );
  const implied = scoredMerges(tokens, scores, isMergeable);
  const key = (pair: readonly [string, string]): string => pair.join('\0');
  const known = new Set(own.map(key));
  const areAll = known.size === implied.length && implied.every((pair) => known.has(key(pair)));
  return areAll && own.every((pair, i) => i === 0 || isInOrder(own[i - 1], pair, scores, id))
    ? scores
    : undefined;
}

function isInOrder(
  before: readonly [string, string] | undefined,
  [left, right]: readonly [string, string],
  scores: Float32Array,
  id: (token: string) => number,
): boolean {
  const scoreOf = (token: string): number => scores[id(token)] as number;
  return before === undefined || scoreOf(before.join('')) >= scoreOf(left + right);
}
