// Losses on preference pairs, one small function each, all per pair [B]. Names are TRL's loss types in camelCase; equal
// to TRL 1.16's DPOTrainer, except that `sigmoid` honours labelSmoothing (conservative DPO), which 1.16 ignores.
import * as absolute from './losses/absolute-losses.ts';
import * as margin from './losses/margin-losses.ts';
import * as transport from './losses/transport-losses.ts';
import type { PairLoss } from './losses/pair-loss.ts';

/** To add a loss: write it in losses/, name it here, and add its TRL case to tools/fixtures/trl_dpo.py. */
export const PAIR_LOSSES = Object.freeze({
  sigmoid: margin.sigmoid,
  hinge: margin.hinge,
  ipo: margin.ipo,
  sigmoidNorm: margin.sigmoidNorm,
  robust: margin.robust,
  exoPair: margin.exoPair,
  discopop: margin.discopop,
  ncaPair: absolute.ncaPair,
  bcoPair: absolute.bcoPair,
  sppoHard: absolute.sppoHard,
  apoZero: absolute.apoZero,
  apoDown: absolute.apoDown,
  sft: absolute.sft,
  aot: transport.aot,
  aotUnpaired: transport.aotUnpaired,
} satisfies Record<string, PairLoss>);
export type PairLossType = keyof typeof PAIR_LOSSES;

/** Those written with scores, in which another f-divergence may stand for the reverse KL; sft knows no reference. */
export const SCORE_LOSSES: readonly PairLossType[] = Object.freeze([
  'sigmoid',
  'sigmoidNorm',
  'hinge',
  'ipo',
  'exoPair',
  'robust',
  'discopop',
  'sft',
]);

/** One loss, or several with their weights: `{ sigmoid: 0.8, bcoPair: 0.2, sft: 1 }` is MPO. */
export type PairLossMix = PairLossType | Readonly<Partial<Record<PairLossType, number>>>;

/** The losses of a mix with their weights, in the order given. */
export function lossesOf(mix: PairLossMix): readonly (readonly [PairLossType, number])[] {
  if (typeof mix === 'string') return [[mix, 1]];
  return Object.entries(mix) as [PairLossType, number][];
}
