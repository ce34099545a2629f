import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CellKind } from '../../../kernels/recurrent-cells.ts';
import { recurrent, type RecurrentInputs } from '../../../ops/recurrent.ts';
import { useBackend } from '../../use-backend.ts';
import { expectSameAsCpu } from './compare-with-cpu.test-support.ts';

const KINDS: readonly CellKind[] = ['rnnTanh', 'rnnRelu', 'lstm', 'gru'];
const GATES = { rnnTanh: 1, rnnRelu: 1, lstm: 4, gru: 3 };

/** Around a panel's 16 or 32 columns, a tile's 6 or 14 rows, and a block of 256 products. */
const SIZES = [
  { B: 1, T: 1, H: 1 },
  { B: 3, T: 4, H: 5 },
  { B: 15, T: 3, H: 33 },
  { B: 2, T: 3, H: 270 },
] as const;

interface Size {
  readonly B: number;
  readonly T: number;
  readonly H: number;
}

function inputsOf(kind: CellKind, { B, T, H }: Size, lengths?: number[]): RecurrentInputs {
  const draw = (shape: number[], seed: number, scale = 1) =>
    tf.randomUniform(shape, -scale, scale, 'float32', seed);
  const G = GATES[kind];
  return {
    input: draw([B, T, G * H], 1, 2),
    weight: draw([G * H, H], 2, 1 / Math.sqrt(H)),
    initialState: draw([B, H], 3),
    ...(kind === 'gru' && { bias: draw([3 * H], 4) }),
    ...(kind === 'lstm' && { initialCell: draw([B, H], 5) }),
    ...(lengths && { lengths: tf.tensor1d(lengths, 'int32') }),
  };
}

/** The states, and the gradients of a loss that weighs each of them differently. */
function runWithGradients(
  kind: CellKind,
  size: Size,
  isReverse: boolean,
  lengths?: number[],
): tf.Tensor[] {
  const { lengths: counts, ...given } = inputsOf(kind, size, lengths);
  const names = Object.keys(given);
  const run = (tensors: tf.Tensor[]) => {
    const named = Object.fromEntries(names.map((name, i) => [name, tensors[i]!]));
    const inputs = { ...named, ...(counts && { lengths: counts }) } as unknown as RecurrentInputs;
    return recurrent(kind, inputs, isReverse);
  };
  const loss = (...tensors: tf.Tensor[]) => {
    const { states, cells } = run(tensors);
    const weights = tf.randomUniform(states.shape, -1, 1, 'float32', 9);
    const of = (x: tf.Tensor) => tf.sum(tf.mul(weights, tf.square(x)));
    return cells ? tf.add(of(states), of(cells)) : of(states);
  };
  const values = Object.values(given) as tf.Tensor[];
  const { states, cells } = run(values);
  return [states, ...(cells ? [cells] : []), ...tf.grads(loss)(values)];
}

beforeAll(async () => {
  await useBackend('cpu');
  await useBackend('native');
});

afterAll(async () => {
  await useBackend('native');
});

describe.each(KINDS)('%s runs natively as its composite does', (kind) => {
  it.each(SIZES)('$B rows, $T steps, $H units', (size) => {
    for (const isReverse of [false, true]) {
      // Relative to each value; a gradient is a sum of up to a thousand terms of both signs.
      expectSameAsCpu(() => runWithGradients(kind, size, isReverse), 2e-2);
    }
  });

  it('rows of different lengths, one of them empty', () => {
    for (const isReverse of [false, true]) {
      const size = { B: 4, T: 5, H: 7 };
      expectSameAsCpu(() => runWithGradients(kind, size, isReverse, [5, 1, 0, 3]), 5e-3);
    }
  });

  it('gives the same bits for 1, 2, 3 and 8 threads', async () => {
    const results: string[] = [];
    for (const threads of [1, 2, 3, 8]) {
      await useBackend('native', { threads });
      tf.tidy(() => {
        const tensors = runWithGradients(kind, { B: 20, T: 3, H: 130 }, false);
        const bytes = tensors.map((t) => Buffer.from((t.dataSync() as Float32Array).buffer));
        results.push(Buffer.concat(bytes).toString('base64'));
      });
    }
    expect(results.map((result) => result === results[0])).toEqual([true, true, true, true]);
  });
});

describe('a row past its length', () => {
  it('keeps its last state', () => {
    const { states } = recurrent('gru', inputsOf('gru', { B: 2, T: 4, H: 3 }, [2, 4]));
    const [row] = states.arraySync() as number[][][];
    expect(row![2]).toEqual(row![1]);
    expect(row![3]).toEqual(row![1]);
  });
});

describe('wrong shapes are refused', () => {
  it('by name', () => {
    const inputs = inputsOf('lstm', { B: 2, T: 3, H: 4 });
    expect(() => recurrent('gru', inputs)).toThrow(
      'recurrent: weight: expected [G·H, H] = [12, 4]',
    );
    expect(() => recurrent('lstm', { ...inputs, initialState: tf.zeros([3, 4]) })).toThrow(
      'recurrent: initialState: expected [B, H] = [2, 4], got [3, 4].',
    );
  });
});
