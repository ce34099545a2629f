// Group relative policy optimisation (Shao et al. 2024, arXiv 2402.03300): PPO's clipped surrogate without a critic,
// with DAPO's (arXiv 2503.14476), Dr. GRPO's, GSPO's (arXiv 2507.18071) and others' changes as options. A function of
// log-probabilities, equal to TRL 1.16's GRPOTrainer in value and gradient.
import { noGradient, ShapeError, stopGradient, tf } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';
import { ConfigError } from '../errors.ts';
import { maskedMean } from '../masking/masked-mean.ts';
import { clipMetrics } from './clip-metrics.ts';
import { gammaWeights, GRPO_OBJECTIVES } from './grpo-objectives.ts';
import type { GrpoLimits, GrpoLossType, GrpoTerms } from './grpo-objectives.ts';
import { highEntropyMask, offPolicyMask } from './token-masks.ts';

export interface GrpoOptions {
  /** @default 'dapo' */
  lossType?: GrpoLossType;
  /** ε: how far below 1 a ratio still counts. TRL's epsilon. @default 0.2 */
  clipRange?: number;
  /** How far above 1; DAPO takes 0.28. For cispo the largest ratio itself. TRL's epsilon_high.
   *  @default clipRange; 5 for cispo */
  clipRangeHigh?: number;
  /** Largest ratio also where a large one is no gain: the other side of the clip (INTELLECT-2). @default none */
  delta?: number;
  /** A ratio for each token, or one for each completion, the geometric mean of its tokens' (GSPO). @default 'token' */
  importanceLevel?: 'token' | 'sequence';
  /** Price of leaving the reference. TRL's beta. @default 0: no reference is needed */
  klCoeff?: number;
  /** Multiply the divergence by ρ, which makes its gradient that of the KL (DeepSeek-V3.2). @default true */
  isKlCorrected?: boolean;
  /** Only this share of the tokens teaches, those of the highest entropy. @default 1 */
  topEntropyShare?: number;
  /** Bad completions further than this from the policy, in nats a token, teach nothing. @default none */
  offPolicyThreshold?: number;
  /** Longest completion; divides drGrpo's sum. @default 256 */
  maxNewTokens?: number;
  /** Steepness τ of sapo's gate where A > 0 and elsewhere. @default 1 and 1.05 */
  sapo?: { positive: number; negative: number };
  /** k and λ of vespo's weights where A ≥ 0 and elsewhere. @default (2, 3) and (3, 2) */
  vespo?: { positive: GammaShape; negative: GammaShape };
}

export interface GammaShape {
  readonly k: number;
  readonly lambda: number;
}

export interface GrpoInput {
  /** [B] float32 */
  readonly advantages: Tensor;
  /** 1 for the tokens that teach, [B, T]. */
  readonly completionMask: Tensor;
  /** log π when the completions were sampled, [B, T]. @default logprobs: the policy is still the same */
  readonly oldLogprobs?: Tensor | undefined;
  /** [B, T]; needed with klCoeff. */
  readonly referenceLogprobs?: Tensor | undefined;
  /** Entropy of each token's distribution, [B, T]; needed with topEntropyShare. */
  readonly entropies?: Tensor | undefined;
  /** What dapo, cispo and vespo divide by: the tokens of an update ÷ its micro-batches. @default those of the mask */
  readonly meanTokens?: number;
}

export interface GrpoResult {
  /** The mean over an update's micro-batches is what is minimised. */
  readonly loss: Tensor;
  /** Scalars under TRL's names: `kl`, `entropy`, `clip_ratio/*`, `cispo_clip_ratio`, `vespo/phi_seq_mean`. */
  readonly metrics: Record<string, Tensor>;
}

/** @param logprobs log π of the sampled tokens now, [B, T], 0 past the end
 *  @returns scalars; the caller owns them @throws ShapeError, ConfigError */
export function grpoLoss(
  logprobs: Tensor,
  input: GrpoInput,
  options: GrpoOptions = {},
): GrpoResult {
  checkShapes(logprobs, input);
  const limits = checkedLimits(options);
  const { lossType = 'dapo', klCoeff = 0, topEntropyShare = 1, offPolicyThreshold } = options;
  const [tokenLoss, aggregate] = GRPO_OBJECTIVES[lossType];
  return tf.tidy(() => {
    const terms = termsOf(logprobs, input, options);
    let losses: Tensor = tokenLoss(terms, limits); // [B, T] or [B, 1]
    if (offPolicyThreshold !== undefined) {
      losses = tf.mul(
        losses,
        noGradient(() => offPolicyMask(terms, offPolicyThreshold)),
      );
    }
    if (topEntropyShare < 1) {
      const entropies = given(input.entropies, 'entropies', 'topEntropyShare');
      losses = tf.mul(
        losses,
        noGradient(() => highEntropyMask(entropies, terms.mask, topEntropyShare)),
      );
    }
    const kl = klCoeff === 0 ? undefined : divergence(terms, input, options);
    if (kl) losses = tf.add(losses, tf.mul(kl, klCoeff));
    const metrics = noGradient(() => ({
      ...(kl && { kl: maskedMean(kl, terms.mask) }),
      ...(input.entropies && { entropy: maskedMean(input.entropies, terms.mask) }),
      ...objectiveMetrics(lossType, terms, limits),
    }));
    return { loss: aggregate(losses, terms, limits), metrics };
  });
}

function termsOf(logprobs: Tensor, input: GrpoInput, options: GrpoOptions): GrpoTerms {
  const mask = tf.cast(input.completionMask, 'float32');
  const logRatio = tf.sub(logprobs, input.oldLogprobs ?? stopGradient(logprobs));
  const isWhole = options.importanceLevel === 'sequence';
  const { meanTokens = Number(tf.sum(mask).dataSync()[0]) } = input;
  return {
    logprobs,
    logRatio,
    ratio: tf.exp(isWhole ? meanOfTokens(logRatio, mask) : logRatio),
    advantages: tf.expandDims(input.advantages, 1),
    mask,
    meanTokens,
  };
}

/** [B, 1] */
function meanOfTokens(values: Tensor, mask: Tensor): Tensor {
  return tf.div(tf.sum(tf.mul(values, mask), 1, true), tf.maximum(tf.sum(mask, 1, true), 1));
}

/** Schulman's k3 of each token: π_ref/π − log(π_ref/π) − 1 (joschu.net/blog/kl-approx.html), [B, T]. */
function divergence(terms: GrpoTerms, input: GrpoInput, options: GrpoOptions): Tensor {
  const reference = given(input.referenceLogprobs, 'referenceLogprobs', 'klCoeff');
  const difference = tf.sub(reference, terms.logprobs);
  const kl = tf.sub(tf.sub(tf.exp(difference), difference), 1);
  return (options.isKlCorrected ?? true) ? tf.mul(kl, terms.ratio) : kl;
}

function objectiveMetrics(
  lossType: GrpoLossType,
  terms: GrpoTerms,
  limits: GrpoLimits,
): Record<string, Tensor> {
  const { ratio, advantages, mask } = terms;
  if (lossType === 'sapo') return {};
  if (lossType === 'vespo') return { 'vespo/phi_seq_mean': tf.mean(gammaWeights(terms, limits)) };
  if (lossType !== 'cispo') return clipMetrics(terms, limits);
  const isCapped = tf.logicalAnd(
    tf.greater(ratio, limits.clipRangeHigh),
    tf.greater(advantages, 0),
  );
  const capped = tf.cast(isCapped, 'float32');
  return { cispo_clip_ratio: capped.shape[1] === 1 ? tf.mean(capped) : maskedMean(capped, mask) };
}

function checkedLimits(options: GrpoOptions): GrpoLimits {
  const { lossType = 'dapo', clipRange = 0.2, delta, maxNewTokens = 256 } = options;
  const { topEntropyShare = 1, sapo = { positive: 1, negative: 1.05 } } = options;
  const { vespo = { positive: { k: 2, lambda: 3 }, negative: { k: 3, lambda: 2 } } } = options;
  if (!(lossType in GRPO_OBJECTIVES)) {
    const known = Object.keys(GRPO_OBJECTIVES).join(', ');
    throw new ConfigError(`grpoLoss: lossType: expected one of ${known}, got ${String(lossType)}.`);
  }
  if (!(topEntropyShare >= 0 && topEntropyShare <= 1)) {
    throw new ConfigError(
      `grpoLoss: topEntropyShare: expected a share from 0 to 1, got ${topEntropyShare}.`,
    );
  }
  const clipRangeHigh = options.clipRangeHigh ?? (lossType === 'cispo' ? 5 : clipRange);
  if (delta !== undefined && !(delta > 1 + clipRangeHigh)) {
    throw new ConfigError(
      `grpoLoss: delta: expected more than 1 + clipRangeHigh = ${1 + clipRangeHigh}, got ${delta}. Raise it.`,
    );
  }
  return {
    clipRange,
    clipRangeHigh,
    maxNewTokens,
    sapo,
    vespo,
    ...(delta !== undefined && { delta }),
  };
}

function given(tensor: Tensor | undefined, name: string, option: string): Tensor {
  if (tensor) return tensor;
  throw new ConfigError(`grpoLoss: ${name}: expected a tensor beside ${option}, got none.`);
}

function checkShapes(logprobs: Tensor, input: GrpoInput): void {
  const [B = 0, T = 0] = logprobs.shape;
  const { advantages, completionMask, oldLogprobs, referenceLogprobs, entropies } = input;
  const grids = { completionMask, oldLogprobs, referenceLogprobs, entropies };
  const expected = [
    ...Object.entries(grids).map(([name, tensor]) => [name, tensor, [B, T]] as const),
    ['advantages', advantages, [B]] as const,
  ];
  for (const [name, tensor, shape] of expected) {
    if (!tensor || String(tensor.shape) === String(shape)) continue;
    throw new ShapeError(
      `grpoLoss: ${name}: expected [${shape.join(', ')}], got [${tensor.shape.join(', ')}]. ` +
        'Give one value for each token, one advantage for each completion.',
    );
  }
}
