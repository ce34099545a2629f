/** Random tokenization, which makes models robust (subword regularization). The same seed gives the same tokens. */
import { TokenizerError } from '../errors.ts';
import { Random } from './random.ts';

export interface SamplingOptions {
  readonly seed: number;
  /** BPE (Provilkov et al. 2020): the probability that a merge is skipped. @default the model's own dropout, else 0.1 */
  readonly dropout?: number;
  /** Unigram (Kudo 2018): how sharp the distribution is; 0 is uniform. @default 0.1 */
  readonly alpha?: number;
  /** Unigram: sample among so many best tokenizations; −1 among all. @default -1 */
  readonly nbestSize?: number;
}

/** The options with a running generator: one for each call of `encode`. */
export interface Sampler {
  readonly random: Random;
  readonly dropout: number | undefined;
  readonly alpha: number;
  readonly nbestSize: number;
}

export function createSampler(options: SamplingOptions): Sampler {
  const { seed, dropout, alpha = 0.1, nbestSize = -1 } = options;
  if (!Number.isInteger(seed)) throw wrong('seed', 'a whole number', seed);
  if (dropout !== undefined && !(dropout >= 0 && dropout <= 1))
    throw wrong('dropout', 'a probability from 0 to 1', dropout);
  if (!(alpha >= 0) || !Number.isFinite(alpha)) throw wrong('alpha', 'a number from 0 on', alpha);
  if (!Number.isInteger(nbestSize) || (nbestSize < 1 && nbestSize !== -1))
    throw wrong('nbestSize', '−1 or a whole number from 1 on', nbestSize);
  return { random: new Random(seed), dropout, alpha, nbestSize };
}

function wrong(name: string, expected: string, got: number): TokenizerError {
  return new TokenizerError(`encode: sampling.${name}: expected ${expected}, got ${got}.`);
}
