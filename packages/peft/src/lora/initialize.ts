// How the two matrices of a layer's weight begin; see LoraInit.

import { scope, tf, type Generator, type Tensor } from '@llm/tensor';
import { orthonormalColumns } from '../linalg/householder.ts';
import {
  approximateTopSingular,
  topSingular,
  type TopSingular,
} from '../linalg/singular-vectors.ts';
import { pissaIterations, takesFromWeight, type LoraInit } from './lora-config.ts';

export interface InitOptions {
  readonly init: LoraInit;
  readonly rank: number;
  readonly scaling: number;
  readonly generator: Generator;
}

export interface InitialMatrices {
  /** [R, I] */
  readonly a: Tensor;
  /** [O, R] */
  readonly b: Tensor;
}

/** @param weight [O, I], made only where the beginning depends on it */
export function initialMatrices(
  [outputs, inputs]: readonly [number, number],
  weight: () => Tensor,
  options: InitOptions,
): InitialMatrices {
  const { init, rank, generator } = options;
  if (takesFromWeight(init)) return scope(() => partOf(weight(), init, options));
  if (init === 'orthogonal') return orthogonal(outputs, inputs, options);
  const within = (size: number, shape: [number, number]) =>
    generator.uniform(shape, -1 / Math.sqrt(size), 1 / Math.sqrt(size));
  const a =
    init === 'gaussian'
      ? generator.normal([rank, inputs], 0, 1 / rank)
      : within(inputs, [rank, inputs]);
  return { a, b: init === false ? within(rank, [outputs, rank]) : tf.zeros([outputs, rank]) };
}

/** s·B·A is the part of the weight that the adapter takes over. */
function partOf(weight: Tensor, init: LoraInit, options: InitOptions): InitialMatrices {
  const { rank, scaling, generator } = options;
  const [outputs = 0, inputs = 0] = weight.shape;
  if (init === 'olora') {
    const q = orthonormalColumns(weight.dataSync<'float32'>(), [outputs, inputs], rank);
    const b = tf.tensor2d(Float32Array.from(q), [outputs, rank]);
    return { b, a: tf.matMul(b, weight, true) }; // R = Qᵀ·W
  }
  const iterations = pissaIterations(init);
  const top =
    iterations === undefined
      ? topSingular(weight, rank)
      : approximateTopSingular(weight, rank, { iterations, generator });
  return withRoots(top, { rank, scaling, outputs, inputs });
}

/** A = √(S/s)·Vᵀ, B = U·√(S/s) */
function withRoots(
  { u, values, vt }: TopSingular,
  sizes: { rank: number; scaling: number; outputs: number; inputs: number },
): InitialMatrices {
  const { rank, scaling, outputs, inputs } = sizes;
  const root = values.map((value) => Math.sqrt(value / scaling));
  const a = Float32Array.from(vt, (value, i) => value * root[Math.floor(i / inputs)]!);
  const b = Float32Array.from(u, (value, i) => value * root[i % rank]!);
  return { a: tf.tensor2d(a, [rank, inputs]), b: tf.tensor2d(b, [outputs, rank]) };
}

/** Random combinations of the odd and of the even rows of a random orthogonal matrix, over ten, as PEFT has it. */
function orthogonal(outputs: number, inputs: number, { rank, generator }: InitOptions) {
  return scope(() => {
    const square = generator.normal([rank, rank]);
    const q = tf.tensor2d(
      Float32Array.from(orthonormalColumns(square.dataSync(), [rank, rank], rank)),
      [rank, rank],
    );
    const half = rank / 2;
    const everyOther = (start: number) => tf.stridedSlice(q, [start, 0], [rank, rank], [2, 1]);
    const a = tf.matMul(generator.normal([inputs, half]), everyOther(0)); // [I, R]
    const b = tf.matMul(generator.normal([half, outputs]), everyOther(1), true); // [O, R]
    return { a: tf.div(tf.transpose(a), 10), b: tf.div(b, 10) };
  });
}
