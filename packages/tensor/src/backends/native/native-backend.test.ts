import { beforeAll, describe, expect, it } from 'vitest';
import {
  kernelStats,
  memoryStats,
  resetKernelStats,
  resetPeakMemory,
  tf,
  useBackend,
} from '../../index.ts';
import type { NativeBackend } from './native-backend.ts';

const backend = () => tf.backend() as NativeBackend;
const bytesOf = (x: Float32Array) => Buffer.from(x.buffer, x.byteOffset, x.byteLength);
const INSTRUCTION_SETS = ['scalar', 'avx2', 'avx512'] as const;

beforeAll(async () => {
  const report = await useBackend('native');
  expect(process.arch === 'arm64' ? ['neon'] : INSTRUCTION_SETS).toContain(report.instructionSet);
});

describe('values', () => {
  it('copies what the user gave and what the user gets', () => {
    const given = new Float32Array([1, 2, 3]);
    const x = tf.tensor1d(given);
    given[0] = 9;
    x.dataSync()[1] = 9;
    expect(Array.from(x.dataSync())).toEqual([1, 2, 3]);
    x.dispose();
  });

  it.each(['float32', 'int32', 'bool'] as const)('keeps %s in C++', (dtype) => {
    const before = memoryStats().liveBytes;
    const x = tf.tensor([1, 0, 1], [3], dtype);
    expect(memoryStats().liveBytes - before).toBe(dtype === 'bool' ? 3 : 12);
    expect(Array.from(x.dataSync())).toEqual([1, 0, 1]);
    x.dispose();
    expect(memoryStats().liveBytes).toBe(before);
  });

  it('keeps strings and complex numbers in JavaScript', () => {
    const text = tf.tensor1d(['a', 'ß']);
    expect(text.dataSync() as unknown).toEqual(['a', 'ß']);
    const z = tf.complex([1, 2], [3, 4]);
    expect(Array.from(z.dataSync())).toEqual([1, 3, 2, 4]);
    expect(() => backend().handleOf(text)).toThrow(
      'native: dtype: expected float32, int32 or bool',
    );
    tf.dispose([text, z]);
  });

  it('moves tensors from another backend and back', async () => {
    const x = tf.tensor1d([1, -2]);
    await useBackend('cpu');
    const y = tf.relu(x);
    await useBackend('native');
    expect(Array.from(tf.relu(y).dataSync())).toEqual([1, 0]);
    expect(Array.from(tf.neg(x).dataSync())).toEqual([-1, 2]);
    tf.dispose([x, y]);
  });
});

describe('memory', () => {
  it('counts live and peak bytes exactly and reuses what was freed', () => {
    const before = memoryStats();
    resetPeakMemory();
    const [a, b] = [tf.zeros([1000]), tf.zeros([500])];
    a.dispose();
    expect(memoryStats().liveBytes - before.liveBytes).toBe(2000);
    expect(memoryStats().peakBytes - before.liveBytes).toBe(6000);
    expect(memoryStats().pooledBytes).toBeGreaterThanOrEqual(4000);
    b.dispose();
    expect(memoryStats().liveBytes).toBe(before.liveBytes);
    expect(memoryStats().liveTensors).toBe(before.liveTensors);
  });

  it('throws with the sizes when there is not enough', () => {
    expect(() => backend().output([2 ** 20, 2 ** 20], 'float32')).toThrow(
      /^allocate: bytes: expected a size that fits in memory, got 4398046511104 while \d+ bytes/,
    );
  });
});

describe('kernels', () => {
  it('counts C++ kernels and JavaScript ones apart, and reshape as neither', () => {
    resetKernelStats();
    tf.tidy(() => {
      tf.unique(tf.reshape(tf.relu(tf.zeros([2, 2])), [4]));
    });
    tf.tidy(() => tf.relu(tf.zeros([4], 'int32')));
    const { native, fallback } = kernelStats();
    expect(native['Relu']).toBe(1);
    expect(fallback).toMatchObject({ Unique: 1, Relu: 1 });
    expect(fallback['Reshape']).toBeUndefined();
  });

  it.each(INSTRUCTION_SETS)(
    'gives the same values with %s, also for NaN and short tails',
    async (set) => {
      await useBackend('native', { instructionSet: set }).catch(() => undefined);
      for (const n of [0, 1, 3, 15, 16, 17, 33]) {
        const x = Float32Array.from({ length: n }, (_, i) => (i === 5 ? NaN : i - 8));
        const y = tf.tidy(() => tf.relu(tf.tensor1d(x)).dataSync());
        expect(Array.from(y)).toEqual(Array.from(x, (v) => (v < 0 ? 0 : v)));
      }
      await useBackend('native');
    },
  );

  it('gives the same bits for 1, 2, 3 and 8 threads', async () => {
    const x = tf.randomNormal([100_003]);
    const results: Float32Array[] = [];
    for (const threads of [1, 2, 3, 8]) {
      expect((await useBackend('native', { threads })).threads).toBe(threads);
      for (let i = 0; i < 5; i++) results.push(tf.tidy(() => tf.relu(x).dataSync<'float32'>()));
    }
    for (const result of results) expect(bytesOf(result).equals(bytesOf(results[0]!))).toBe(true);
    x.dispose();
    await useBackend('native');
  });
});

describe('the C++ side refuses', () => {
  it('a buffer that is too small', () => {
    const x = tf.zeros([4]);
    const handle = backend().handleOf(x);
    expect(() => backend().run('Relu', 5, handle, handle)).toThrow(
      'Relu: x: expected 5 elements of 4 bytes, got a buffer of 16 bytes.',
    );
    x.dispose();
  });

  it('a handle whose tensor was disposed, even when its slot is used again', () => {
    const x = tf.zeros([4]);
    const handle = backend().handleOf(x);
    x.dispose();
    const y = tf.zeros([4]);
    expect(() => backend().run('Relu', 4, handle, handle)).toThrow(
      'Relu: x: expected a live buffer',
    );
    y.dispose();
  });

  it('sizes that are none, too few and too many arguments, and unknown instructions', () => {
    expect(() => backend().run('Relu', -1, 0, 0)).toThrow('Relu: n: expected an integer from 0');
    expect(() => backend().run('Relu', 1.5, 0, 0)).toThrow(
      'Relu: n: expected an integer, got 1.5.',
    );
    expect(() => backend().run('Relu')).toThrow('Relu: n: expected an argument, got none');
    const x = tf.zeros([4]);
    const handle = backend().handleOf(x);
    expect(() => backend().run('Relu', 4, handle, handle, 7)).toThrow(
      'Relu: arguments: expected 3, got 4.',
    );
    expect(() => backend().run('NoSuch')).toThrow('native: instruction: expected one that');
    x.dispose();
  });
});
