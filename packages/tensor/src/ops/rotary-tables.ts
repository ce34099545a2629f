// The angles of rotary position embedding: position p turns pair i by p·θ^(−2i/D). Frequencies and
// angles are rounded to float32 as PyTorch rounds them, so that long positions give the angles that
// a checkpoint was trained with. Scaling for longer contexts: linear (Chen et al. 2023, arXiv
// 2306.15595) and Llama 3's, by wavelength (Llama team 2024, arXiv 2407.21783).
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { expectInteger, fail } from './expect.ts';

/** A config's `rope_scaling`, in camelCase. */
export type RotaryScaling =
  | { readonly ropeType: 'linear'; readonly factor: number }
  | {
      readonly ropeType: 'llama3';
      readonly factor: number;
      readonly lowFreqFactor: number;
      readonly highFreqFactor: number;
      readonly originalMaxPositionEmbeddings: number;
    };

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
 * @returns cos and sin [maxLength, D/2], owned by the caller
 * @throws ShapeError
 */
export function rotaryTables(
  D: number,
  maxLength: number,
  theta: number,
  { scaling }: { scaling?: RotaryScaling } = {},
): RotaryTables {
  expectInteger('rotaryTables', 'maxLength', maxLength, 1, 2 ** 31);
  if (!Number.isInteger(D) || D < 2 || D % 2 === 1)
    fail('rotaryTables', 'D', 'a positive even integer', String(D), 'Components turn in pairs.');
  const frequencies = scaledFrequencies(D, theta, scaling);
  const half = D / 2;
  const cos = new Float32Array(maxLength * half);
  const sin = new Float32Array(maxLength * half);
  for (let position = 0; position < maxLength; position++) {
    for (let i = 0; i < half; i++) {
      const angle = Math.fround(position * frequencies[i]!);
      cos[position * half + i] = Math.cos(angle);
      sin[position * half + i] = Math.sin(angle);
    }
  }
  const shape: [number, number] = [maxLength, half];
  return { cos: tf.tensor2d(cos, shape), sin: tf.tensor2d(sin, shape) };
}

function scaledFrequencies(D: number, theta: number, scaling?: RotaryScaling): Float32Array {
  const frequencies = new Float32Array(D / 2);
  for (let i = 0; i < D / 2; i++) {
    const base = Math.fround(1 / Math.fround(theta ** Math.fround((2 * i) / D)));
    frequencies[i] = scaling ? scaleFrequency(base, scaling) : base;
  }
  return frequencies;
}

function scaleFrequency(frequency: number, scaling: RotaryScaling): number {
  if (scaling.ropeType === 'linear') return frequency / scaling.factor;
  const { factor, lowFreqFactor, highFreqFactor, originalMaxPositionEmbeddings } = scaling;
  const turns = (originalMaxPositionEmbeddings * frequency) / (2 * Math.PI);
  if (turns > highFreqFactor) return frequency; // short wavelength: kept
  if (turns < lowFreqFactor) return frequency / factor; // long wavelength: stretched
  const smooth = (turns - lowFreqFactor) / (highFreqFactor - lowFreqFactor);
  return ((1 - smooth) * frequency) / factor + smooth * frequency;
}
