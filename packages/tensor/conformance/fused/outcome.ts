// Runs a case forwards and backwards on the current backend, and measures how far two outcomes are
// apart.
import { scope, tf, type Tensor } from '../../src/index.ts';
import { differentiable, inputsOf, runCase, type FusedCase, type Outcome } from './fused-case.ts';
import { hashed } from './hashed.ts';

const WEIGHTS_SEED = 999; // as in tools/fixtures/fused_ops.py

/** Output and gradients as numbers; leaves no tensor behind. */
export function outcomeOf(fusedCase: FusedCase): Outcome {
  return scope(() => {
    const tensors = inputsOf(fusedCase);
    const names = differentiable(fusedCase);
    let output: ArrayLike<number> = [];
    const loss = (...values: Tensor[]) => {
      const named = Object.fromEntries(names.map((name, i) => [name, values[i]!]));
      const y = runCase(fusedCase, { ...tensors, ...named });
      output = y.dataSync();
      return tf.sum(tf.mul(y, weightsLike(y)));
    };
    const gradients = tf.grads(loss)(names.map((name) => tensors[name]!));
    const named = names.map((name, i) => [name, gradients[i]!.dataSync()] as const);
    return { output, gradients: Object.fromEntries(named) };
  });
}

/** Σ output · weights in double precision, with one input moved by `step` along `direction`. */
export function lossAlong(
  fusedCase: FusedCase,
  name: string,
  direction: Float32Array,
  step: number,
): number {
  return scope(() => {
    const tensors = inputsOf(fusedCase);
    const x = tensors[name]!;
    const moved = x.dataSync().map((value, i) => value + step * direction[i]!);
    const y = Array.from(
      runCase(fusedCase, { ...tensors, [name]: tf.tensor(moved, x.shape) }).dataSync(),
    );
    const weights = hashed(y.length, WEIGHTS_SEED, 1);
    return y.reduce((sum, value, i) => sum + value * weights[i]!, 0);
  });
}

/** max |actual − expected| / max(1, max |expected|); infinite for another length or a NaN. */
export function distance(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let largest = 1;
  let difference = 0;
  for (let i = 0; i < expected.length; i++) {
    const gap = Math.abs(actual[i]! - expected[i]!);
    if (Number.isNaN(gap)) return Infinity;
    difference = Math.max(difference, gap);
    largest = Math.max(largest, Math.abs(expected[i]!));
  }
  return difference / largest;
}

function weightsLike(y: Tensor): Tensor {
  return tf.tensor(hashed(y.size, WEIGHTS_SEED, 1), y.shape);
}
