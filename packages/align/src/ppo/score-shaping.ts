// Scores brought to a size that learning rates expect: divided by the deviation of all scores so far, centred, clipped
// (classic PPO of TRL 0.11: use_score_scaling, use_score_norm, score_clip).
import { ConfigError } from '../errors.ts';

export interface ScoreShapingOptions {
  /** Divide scores by the running deviation of all so far. @default false */
  scaleScores?: boolean;
  /** Take their running mean off first; needs scaleScores. @default false */
  centreScores?: boolean;
  /** Then bring them into ± this. @default none */
  scoreClip?: number;
}

/** Mean and deviation of a stream, batch by batch (Chan et al.). What a checkpoint keeps. */
export interface RunningMoments {
  readonly mean: number;
  /** Biased. */
  readonly variance: number;
  readonly count: number;
}

export const NO_MOMENTS: RunningMoments = { mean: 0, variance: 1, count: 1e-24 };

export function addToMoments(old: RunningMoments, values: ArrayLike<number>): RunningMoments {
  const list = Array.from(values);
  const size = list.length;
  const mean = list.reduce((sum, value) => sum + value, 0) / size;
  const variance = list.reduce((sum, value) => sum + (value - mean) ** 2, 0) / size;
  const count = old.count + size;
  const delta = mean - old.mean;
  const squares =
    old.variance * old.count + variance * size + (delta ** 2 * old.count * size) / count;
  return { mean: old.mean + (delta * size) / count, variance: squares / count, count };
}

/** Unbiased deviation. */
export function deviationOf({ variance, count }: RunningMoments): number {
  return Math.sqrt((variance * count) / (count - 1));
}

const FLOAT32_EPSILON = 2 ** -23;

/** @param moments of all scores, these included */
export function shapeScores(
  scores: Float32Array,
  moments: RunningMoments,
  options: ScoreShapingOptions,
): Float32Array {
  const { scaleScores = false, centreScores = false, scoreClip = Infinity } = options;
  const centre = scaleScores && centreScores ? moments.mean : 0;
  const scale = scaleScores ? deviationOf(moments) + FLOAT32_EPSILON : 1;
  return scores.map((score) => Math.min(Math.max((score - centre) / scale, -scoreClip), scoreClip));
}

/** @throws ConfigError */
export function checkScoreShaping(options: ScoreShapingOptions): void {
  const { scaleScores = false, centreScores = false, scoreClip = 1 } = options;
  if (centreScores && !scaleScores) {
    throw new ConfigError('trainPpo: centreScores: expected scaleScores beside it, got it alone.');
  }
  if (scoreClip > 0) return;
  throw new ConfigError(`trainPpo: scoreClip: expected a number above 0, got ${scoreClip}.`);
}
