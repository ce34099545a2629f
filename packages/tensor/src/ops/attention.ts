import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { expectDtype, expectInteger, expectShape, fail } from './expect.ts';

/** Which keys a query sees, and how scores are scaled. */
export interface AttentionOptions {
  /** Query i sees key j only if j ≤ i + queryOffset. @default true */
  readonly isCausal?: boolean;
  /** Factor of the scores. @default 1/√D */
  readonly scale?: number;
  /** [B, S] (or at least keyLength columns) int32 or float32: 1 = attend, 0 = hidden. */
  readonly mask?: Tensor;
  /** Only the first keyLength keys exist, as in a cache that is not full yet. @default S */
  readonly keyLength?: number;
  /** The position of query 0 among the keys. @default keyLength − T */
  readonly queryOffset?: number;
  /**
   * Share of the softmax weights to drop, in [0, 1); the others are divided by 1 − dropout.
   * @default 0
   */
  readonly dropout?: number;
  /** Which weights: an integer in [0, 2^53), a new one for each call. Needed with dropout. */
  readonly seed?: number;
  /** Query i sees only keys j with |i + queryOffset − j| < window (Mistral's sliding window). */
  readonly window?: number;
  /** Scores become softcap · tanh(score / softcap), as in Gemma 2. */
  readonly softcap?: number;
  /** Added to the scaled scores: [1 or B, 1 or H, T, keyLength] float32, with a gradient (T5's relative
   *  positions, ALiBi). */
  readonly bias?: Tensor;
}

/**
 * Scaled dot-product attention, softmax(scale · q·kᵀ)·v, with grouped key/value heads: query head h
 * reads key head ⌊h·K/H⌋. A query that sees no key gives zeros.
 * @param q [B, T, H, D] float32
 * @param k [B, S, K, D] float32, H a multiple of K
 * @param v [B, S, K, D] float32
 * @returns [B, T, H, D], owned by the caller
 * @throws ShapeError
 */
export function attention(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions = {}): Tensor {
  checkTensors(q, k, v);
  const [, T, , D] = q.shape as [number, number, number, number];
  const S = k.shape[1]!;
  const { isCausal = true, scale = 1 / Math.sqrt(D), mask, keyLength = S } = options;
  expectInteger('attention', 'keyLength', keyLength, 1, S);
  const { queryOffset = keyLength - T } = options;
  expectInteger('attention', 'queryOffset', queryOffset, -T, S);
  if (mask) checkMask(mask, q.shape[0]!, keyLength);
  const { dropout = 0, seed = 0, bias, softcap = 0 } = options;
  checkDropout(dropout, options.seed);
  if (bias) checkBias(bias, q.shape, keyLength);
  const { window = 0 } = options;
  if (options.window !== undefined) expectInteger('attention', 'window', window, 1, 2 ** 31);
  const attrs = { isCausal, scale, keyLength, queryOffset, dropout, seed, window, softcap };
  const kernelName = `${mask ? 'Masked' : ''}${bias ? 'Biased' : ''}Attention`;
  const inputs = { q, k, v, ...(bias && { bias }), ...(mask && { mask }) };
  const [out, logSumExp] = tf.engine().runKernel<Tensor[]>(kernelName, inputs, attrs);
  logSumExp!.dispose(); // the tape keeps its own handle
  return out!;
}

function checkBias(bias: Tensor, [B, T, H]: readonly number[], keyLength: number): void {
  expectDtype('attention', 'bias', bias, 'float32');
  const [b, h, t, s, ...rest] = bias.shape;
  const fits = (got: number | undefined, all: number | undefined) => got === 1 || got === all;
  if (fits(b, B) && fits(h, H) && t === T && s === keyLength && rest.length === 0) return;
  const expected = `[1 or ${B}, 1 or ${H}, ${T}, ${keyLength}]`;
  const advice = 'One bias for each head, query and key.';
  fail('attention', 'bias', expected, `[${bias.shape.join(', ')}]`, advice);
}

function checkTensors(q: Tensor, k: Tensor, v: Tensor): void {
  for (const [name, tensor] of Object.entries({ q, k, v }))
    expectDtype('attention', name, tensor, 'float32');
  expectShape('attention', 'q', q, [null, null, null, null], '[B, T, H, D]');
  const [B, , H, D] = q.shape as [number, number, number, number];
  expectShape('attention', 'k', k, [B, null, null, D], '[B, S, K, D]');
  const [, S, K] = k.shape as [number, number, number, number];
  expectShape('attention', 'v', v, [B, S, K, D], '[B, S, K, D]');
  if (H % K === 0) return;
  const advice = 'Each key head serves the same number of query heads.';
  fail('attention', 'k', `a number of heads that divides q's ${H}`, String(K), advice);
}

function checkMask(mask: Tensor, B: number, keyLength: number): void {
  const isRight = mask.rank === 2 && mask.shape[0] === B && mask.shape[1]! >= keyLength;
  if (isRight && (mask.dtype === 'int32' || mask.dtype === 'float32')) return;
  const expected = `[${B}, at least ${keyLength}] int32 or float32`;
  const got = `[${mask.shape.join(', ')}] ${mask.dtype}`;
  fail('attention', 'mask', expected, got, 'Pad the mask together with the keys.');
}

function checkDropout(rate: number, seed: number | undefined): void {
  if (!(rate >= 0 && rate < 1)) {
    const advice = '0 turns it off.';
    fail('attention', 'dropout', 'a number from 0 to below 1', String(rate), advice);
  }
  const isSeed = Number.isSafeInteger(seed) && seed! >= 0;
  if (isSeed || (rate === 0 && seed === undefined)) return;
  const advice = 'Take generator.nextSeed() for each call.';
  fail('attention', 'seed', 'an integer in [0, 2^53)', String(seed), advice);
}
