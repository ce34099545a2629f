// The kinds of GRPO: what a token costs, and how tokens become one number. One function each; `grpoLoss` puts them
// together. Formulas of TRL 1.16; ρ is the importance ratio, A the advantage, m the mask.
//
// | type   | token                                                   | sum divided by                               |
// | grpo   | −min(ρA, clip(ρ, 1−ε, 1+ε_h)A)                          | each completion's tokens, then completions   |
// | bnpo   | same                                                    | tokens of the micro-batch                    |
// | drGrpo | same                                                    | completions · maxNewTokens                   |
// | dapo   | same                                                    | tokens of the update                         |
// | luspo  | same                                                    | completions                                  |
// | cispo  | −sg[min(ρ, ε_h)]·A·log π                                | tokens of the update                         |
// | sapo   | −A·σ(τ(ρ−1))·4/τ                                        | as grpo                                      |
// | vespo  | −φ(w)·A·log π, φ = e^λ·w^k·e^(−λw), w = Π ρ             | as dapo                                      |
import { noGradient, tf } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';
import type { GrpoOptions } from './grpo-loss.ts';

/** Of one micro-batch; [B, T] where it says nothing else. */
export interface GrpoTerms {
  readonly logprobs: Tensor;
  /** log π − log π_old. */
  readonly logRatio: Tensor;
  /** ρ, [B, T] or for whole completions [B, 1]. */
  readonly ratio: Tensor;
  /** [B, 1] */
  readonly advantages: Tensor;
  /** float32 */
  readonly mask: Tensor;
  /** Tokens that divide dapo's sum. */
  readonly meanTokens: number;
}

export type GrpoLimits = Required<
  Pick<GrpoOptions, 'clipRange' | 'clipRangeHigh' | 'maxNewTokens' | 'sapo' | 'vespo'>
> &
  Pick<GrpoOptions, 'delta'>;

/** The loss of each token, [B, T] or [B, 1]. */
type TokenLoss = (terms: GrpoTerms, limits: GrpoLimits) => Tensor;
/** [B, T] → scalar. */
type Aggregate = (losses: Tensor, terms: GrpoTerms, limits: GrpoLimits) => Tensor;

const clippedSurrogate: TokenLoss = ({ ratio, advantages }, limits) => {
  const { clipRange, clipRangeHigh, delta } = limits;
  const clipped = tf.clipByValue(ratio, 1 - clipRange, 1 + clipRangeHigh);
  const bounded = delta === undefined ? ratio : tf.minimum(ratio, delta);
  return tf.neg(tf.minimum(tf.mul(bounded, advantages), tf.mul(clipped, advantages)));
};

/** MiniMax-M1, arXiv 2506.13585: every token keeps its gradient, only its weight is capped. */
const cispo: TokenLoss = ({ ratio, advantages, logprobs }, { clipRangeHigh }) => {
  const weight = noGradient(() => tf.minimum(ratio, clipRangeHigh));
  return tf.neg(tf.mul(tf.mul(weight, advantages), logprobs));
};

/** Arxiv 2511.20347: a soft gate in the place of the clip; steeper where the advantage is negative. */
const sapo: TokenLoss = ({ ratio, advantages }, { sapo: { positive, negative } }) => {
  const steepness = noGradient(() =>
    tf.where(tf.greater(advantages, 0), tf.fill(advantages.shape, positive), negative),
  ); // [B, 1]
  const gate = tf.sigmoid(tf.mul(steepness, tf.sub(ratio, 1)));
  return tf.neg(tf.mul(tf.mul(gate, tf.div(4, steepness)), advantages));
};

const vespo: TokenLoss = (terms, limits) => {
  const weight = noGradient(() => gammaWeights(terms, limits)); // [B, 1]
  return tf.neg(tf.mul(tf.mul(weight, terms.advantages), terms.logprobs));
};

const LOWEST_LOG_WEIGHT = Math.log(1e-8);

/** φ(w) of each completion, [B, 1]; 1 at w = 1. */
export function gammaWeights(
  { logRatio, mask, advantages }: Pick<GrpoTerms, 'logRatio' | 'mask' | 'advantages'>,
  { vespo: { positive, negative } }: Pick<GrpoLimits, 'vespo'>,
): Tensor {
  return tf.tidy(() => {
    const bounded = tf.clipByValue(logRatio, -20, 20);
    const sum = tf.sum(tf.mul(bounded, mask), -1, true); // [B, 1]
    const logWeight = tf.clipByValue(sum, LOWEST_LOG_WEIGHT, 20);
    const isGood = tf.greaterEqual(advantages, 0);
    const choose = (a: number, b: number) => tf.where(isGood, tf.fill(advantages.shape, a), b);
    const k = choose(positive.k, negative.k);
    const lambda = choose(positive.lambda, negative.lambda);
    const bend = tf.mul(lambda, tf.exp(logWeight));
    return tf.exp(tf.sub(tf.add(lambda, tf.mul(k, logWeight)), bend));
  });
}

/** Mean over completions of the mean over each one's tokens. */
const meanOfMeans: Aggregate = (losses, { mask }) => {
  const lengths = tf.maximum(tf.sum(mask, -1), 1); // [B]
  return tf.mean(tf.div(tf.sum(tf.mul(losses, mask), -1), lengths));
};

const overTokens =
  (divisor: (terms: GrpoTerms, losses: Tensor, limits: GrpoLimits) => Tensor | number): Aggregate =>
  (losses, terms, limits) =>
    tf.div(tf.sum(tf.mul(losses, terms.mask)), divisor(terms, losses, limits));

const overMicroBatch = overTokens(({ mask }) => tf.maximum(tf.sum(mask), 1));
const overUpdate = overTokens(({ meanTokens }) => Math.max(meanTokens, 1));
const overConstant = overTokens(
  ({ mask }, _, { maxNewTokens }) => (mask.shape[0] ?? 1) * maxNewTokens,
);
const overCompletions = overTokens(({ mask }) => mask.shape[0] ?? 1);

/** Every kind; to add one, write its two functions here. */
export const GRPO_OBJECTIVES = {
  grpo: [clippedSurrogate, meanOfMeans],
  bnpo: [clippedSurrogate, overMicroBatch],
  drGrpo: [clippedSurrogate, overConstant],
  dapo: [clippedSurrogate, overUpdate],
  luspo: [clippedSurrogate, overCompletions],
  cispo: [cispo, overUpdate],
  sapo: [sapo, meanOfMeans],
  vespo: [vespo, overUpdate],
} as const satisfies Record<string, readonly [TokenLoss, Aggregate]>;

export type GrpoLossType = keyof typeof GRPO_OBJECTIVES;
