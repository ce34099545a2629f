// The angles of rotary position embedding: position p turns pair i by p·θ^(−2i/D). Frequencies and
// angles are rounded to float32 as PyTorch rounds them, so that long positions give the angles that
// a checkpoint was trained with.
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { expectInteger, fail } from './expect.ts';
import { attentionFactor, rotaryFrequencies, type RotaryScaling } from './rotary-scaling.ts';

/** Cosines and sines of each position's angles, each [S, D/2]. */
export interface RotaryTables {
  readonly cos: Tensor;
  readonly sin: Tensor;
}

/**
 * Makes the tables that `rotary` reads.
 * @param D head dimension, even
 * @param maxLength number of positions
 * @param theta base of the frequencies, `rope_theta` in a config
 * @param options.length tokens of the sequence, which two of the scalings depend on
 * @returns cos and sin [maxLength, D/2], owned by the caller
 * @throws ShapeError
 */
export function rotaryTables(
  D: number,
  maxLength: number,
  theta: number,
  { scaling, length = maxLength }: { scaling?: RotaryScaling; length?: number } = {},
): RotaryTables {
  expectInteger('rotaryTables', 'maxLength', maxLength, 1, 2 ** 31);
  if (!Number.isInteger(D) || D < 2 || D % 2 === 1)
    fail('rotaryTables', 'D', 'a positive even integer', String(D), 'Components turn in pairs.');
  const frequencies = rotaryFrequencies(D, theta, scaling, length);
  const amplitude = attentionFactor(scaling);
  const half = D / 2;
  const cos = new Float32Array(maxLength * half);
  const sin = new Float32Array(maxLength * half);
  for (let position = 0; position < maxLength; position++) {
    for (let i = 0; i < half; i++) {
      const angle = Math.fround(position * frequencies[i]!);
      cos[position * half + i] = amplitude * Math.cos(angle);
      sin[position * half + i] = amplitude * Math.sin(angle);
    }
  }
  const shape: [number, number] = [maxLength, half];
  return { cos: tf.tensor2d(cos, shape), sin: tf.tensor2d(sin, shape) };
}
