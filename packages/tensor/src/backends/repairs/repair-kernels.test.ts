import { beforeAll, describe, expect, it } from 'vitest';
import { tf, useBackend } from '../../index.ts';
import { refuseFailedAllocations } from './wasm-limits.ts';

const valuesOf = (compute: () => tf.Tensor) =>
  tf.tidy(() => Array.from(compute().dataSync()) as never) as number[];
const ints = (values: number[], shape: number[]) => tf.tensor(values, shape, 'int32');

describe.each(['cpu', 'wasm', 'native'] as const)('repaired kernels on %s', (backend) => {
  beforeAll(async () => {
    await useBackend(backend);
  });

  it('matMul broadcasts batches on both sides', () => {
    // [2, 1, 1, 1] times [1, 3, 1, 1]: every pair, 1·3, 1·4, 1·5, 2·3, 2·4, 2·5
    const product = valuesOf(() =>
      tf.matMul(tf.tensor4d([1, 2], [2, 1, 1, 1]), tf.tensor4d([3, 4, 5], [1, 3, 1, 1])),
    );
    expect(product).toEqual([3, 4, 5, 6, 8, 10]);
  });

  it('gather follows its batch dimension', () => {
    const x = () => tf.reshape(tf.range(0, 8), [2, 4, 1]);
    expect(valuesOf(() => tf.gather(x(), ints([3, 0, 1, 2], [2, 2]), 1, 1))).toEqual([3, 0, 5, 6]);
  });

  it.each(['int32', 'bool', 'float32'] as const)('stridedSlice keeps %s', (dtype) => {
    const values = dtype === 'bool' ? [1, 0, 0, 1, 1, 0] : [5, 6, 7, 8, 9, 70000];
    const slice = () => tf.stridedSlice(tf.tensor(values, [2, 3], dtype), [0, 0], [2, 3], [1, 2]);
    expect(tf.tidy(() => slice().dtype as never)).toBe(dtype);
    expect(valuesOf(slice)).toEqual([values[0], values[2], values[3], values[5]]);
  });

  it('einsum keeps the shape of a result that one operand alone has', () => {
    // Σ_ij 1 = 6 times each of 1, 2, 3, 4
    const y = () => tf.einsum('ij,k->k', tf.ones([2, 3]), tf.tensor1d([1, 2, 3, 4]));
    expect(valuesOf(y)).toEqual([6, 12, 18, 24]);
  });

  it('clips numbers and leaves NaN what it is', () => {
    const clipped = () => tf.clipByValue(tf.tensor1d([-3, NaN, 0.5, 9]), -1, 1);
    expect(valuesOf(clipped)).toEqual([-1, NaN, 0.5, 1]);
    expect(valuesOf(() => tf.clipByValue(ints([-3, 2], [2]), -1, 1))).toEqual([-1, 1]);
  });

  it('multiplies matrices of integers', () => {
    const product = () => tf.matMul(ints([1, 2, 3, 4], [2, 2]), ints([5, 6, 7, 8], [2, 2]));
    expect(valuesOf(product)).toEqual([19, 22, 43, 50]);
    expect(tf.tidy(() => product().dtype as never)).toBe('int32');
  });

  it('sums unsorted segments and leaves ids outside the range out', () => {
    const sum = () =>
      tf.unsortedSegmentSum(tf.tensor1d([1, 2, 4, 8]), tf.tensor1d([1, -1, 1, 3], 'int32'), 3);
    expect(valuesOf(sum)).toEqual([0, 5, 0]);
  });
});

describe('limits of wasm', () => {
  it('refuses tensors of rank 7 where they would give garbage', async () => {
    await useBackend('wasm');
    const x = tf.zeros([1, 1, 1, 1, 1, 2, 3]);
    expect(() => tf.add(x, x)).toThrow(
      'wasm: Add: expected tensors of rank at most 6, got [1,1,1,1,1,2,3].',
    );
    expect(valuesOf(() => tf.exp(x))).toEqual([1, 1, 1, 1, 1, 1]);
    x.dispose();
  });

  it('makes an allocation that failed an error', () => {
    const allocator = { _malloc: (bytes: number) => (bytes > 100 ? 0 : 8) };
    refuseFailedAllocations(allocator);
    expect(allocator._malloc(50)).toBe(8);
    expect(() => allocator._malloc(200)).toThrow(
      'wasm: memory: expected at most 4 GiB in all, got a request for 200',
    );
  });
});
