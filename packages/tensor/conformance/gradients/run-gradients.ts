// Every repaired gradient against central differences, on one backend.
import { beforeAll, describe, expect, it } from 'vitest';
import {
  scope,
  tf,
  useBackend,
  valueAndGrads,
  type BackendName,
  type BackendOptions,
} from '../../src/index.ts';
import { hashed } from '../fused/hashed.ts';
import { GRADIENT_CASES, type GradientCase } from './gradient-cases.ts';
import { RECURRENT_CASES } from './recurrent-cases.ts';
import { WINDOW_CASES } from './window-cases.ts';

const CASES = [...GRADIENT_CASES, ...WINDOW_CASES, ...RECURRENT_CASES];

// The cases are piecewise linear or quadratic (recurrent layers smooth, with errors of a step squared), so a central
// difference is exact but for float32 rounding:
// about 2⁻²⁴ · |loss| ÷ step, with losses of some tens.
const STEP = 1 / 64;
const TOLERANCE = 2e-3;

const sizeOf = (shape: readonly number[]) => shape.reduce((size, dim) => size * dim, 1);

/** Values that differ from each other by more than a step, so that no maximum changes hands. */
function spread(size: number, seed: number): Float32Array {
  const noise = hashed(size, seed, 0.1);
  return noise.map((value, i) => (((i * 5 + seed) % 13) - 6) / 4 + value);
}

/** The loss weighs every output differently; a linear loss would not see a transposed gradient. */
function lossOf({ compute }: GradientCase, x: readonly tf.Tensor[]): tf.Scalar {
  const y = compute(x);
  const weights = tf.tensor(hashed(y.size, 77, 1), y.shape);
  return tf.sum(tf.mul(y, weights)) as tf.Scalar;
}

function argumentsOf({ shapes }: GradientCase): Float32Array[] {
  return shapes.map((shape, i) => spread(sizeOf(shape), 3 + 4 * i));
}

function lossAt(gradientCase: GradientCase, values: readonly Float32Array[]): number {
  return scope(() => {
    const x = values.map((v, i) => tf.tensor(v, [...gradientCase.shapes[i]!]));
    return lossOf(gradientCase, x).dataSync()[0]!;
  }) as unknown as number;
}

function gradientsAt(gradientCase: GradientCase, values: readonly Float32Array[]): Float32Array[] {
  return scope(() => {
    const x = values.map((v, i) => tf.tensor(v, [...gradientCase.shapes[i]!]));
    const gradients = tf.grads((...args: tf.Tensor[]) => lossOf(gradientCase, args))(x);
    gradients.forEach((g, i) => expect(g.shape).toEqual(gradientCase.shapes[i]));
    return gradients.map((g) => g.dataSync() as Float32Array);
  }) as unknown as Float32Array[];
}

/** The same by our own backward pass, which frees what it has used. */
function ownGradientsAt(gradientCase: GradientCase, values: readonly Float32Array[]): number[][] {
  const variables = values.map((v, i) => tf.variable(tf.tensor(v, [...gradientCase.shapes[i]!])));
  const { value, grads } = valueAndGrads(() => lossOf(gradientCase, variables), variables);
  const numbers = grads.map((g) => Array.from(g.dataSync()));
  tf.dispose([value, ...grads, ...variables]);
  return numbers;
}

function centralDifference(
  gradientCase: GradientCase,
  values: readonly Float32Array[],
  [argument, element]: readonly [number, number],
): number {
  const moved = (step: number) =>
    values.map((v, i) => (i === argument ? v.with(element, v[element]! + step) : v));
  const rise = lossAt(gradientCase, moved(STEP)) - lossAt(gradientCase, moved(-STEP));
  return rise / (2 * STEP);
}

export function runGradients(backend: BackendName, options: BackendOptions = {}): void {
  describe(`gradients of tfjs's operations on ${backend} match central differences`, () => {
    beforeAll(async () => {
      await useBackend(backend, options);
    });

    it.each(CASES.map((c) => [c.name, c] as const))('%s', (_name, gradientCase) => {
      const before = tf.memory().numTensors;
      const values = argumentsOf(gradientCase);
      const gradients = gradientsAt(gradientCase, values);
      gradients.forEach((gradient, argument) => {
        gradient.forEach((slope, element) => {
          const wanted = centralDifference(gradientCase, values, [argument, element]);
          const where = `argument ${argument}, element ${element}`;
          expect(Math.abs(slope - wanted), where).toBeLessThan(
            TOLERANCE * Math.max(1, Math.abs(wanted)),
          );
        });
      });
      const own = scope(() => ownGradientsAt(gradientCase, values) as never) as number[][];
      expect(own).toEqual(gradients.map((g) => Array.from(g)));
      expect(tf.memory().numTensors).toBe(before);
    });
  });
}
