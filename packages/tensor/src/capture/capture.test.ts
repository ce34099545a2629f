import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { useBackend } from '../backends/use-backend.ts';
import { memoryStats } from '../memory/statistics.ts';
import { attention } from '../ops/attention.ts';
import { kvCacheWrite } from '../ops/kv-cache-write.ts';
import { linear } from '../ops/linear.ts';
import { capture, type Capture } from './capture.ts';

const numbers = (tensor: tf.Tensor): number[] => Array.from(tensor.dataSync());

describe.each(['native', 'cpu', 'wasm'] as const)('capture on %s', (backend) => {
  let captured: Capture | undefined;
  beforeAll(() => useBackend(backend, { threads: 2 }));
  afterEach(() => captured?.dispose());

  it('reads the present values of tensors outside', () => {
    const x = tf.variable(tf.tensor1d([1, 2, 3]));
    captured = capture(() => tf.add(tf.mul(x, x), 1), [0, 1, 2]);
    expect(captured.isRecorded).toBe(backend === 'native');
    expect(numbers(captured.run(3))).toEqual([2, 5, 10]);
    const cache = tf.reshape(x, [1, 3, 1, 1]);
    kvCacheWrite(cache, tf.tensor4d([5], [1, 1, 1, 1]), 1); // in place: x = [1, 5, 3]
    expect(numbers(captured.run(4))).toEqual([2, 26, 10]);
    tf.dispose([x, cache]);
  });

  it('follows the count: a step of attention with a cache', () => {
    const q = tf.tensor4d([1, 0, 0, 1], [1, 1, 2, 2]);
    const keys = tf.randomNormal([1, 9, 1, 2], 0, 1, 'float32', 1) as tf.Tensor4D;
    const weight = tf.tensor2d([1, 2, 3, 4], [2, 2]);
    const step = (count: number): tf.Tensor => {
      kvCacheWrite(
        keys,
        tf.reshape(linear(tf.slice(q, [0, 0, 0, 0], [1, 1, 1, 2]), weight), [1, 1, 1, 2]),
        count,
      );
      return attention(q, keys, keys, { keyLength: count + 1 });
    };
    captured = capture(step, [8, 3, 2]);
    expect(captured.reason).toBe(backend === 'native' ? '' : captured.reason);
    expect(captured.isRecorded).toBe(backend === 'native');
    for (const count of [2, 3, 5, 7]) {
      const got = numbers(captured.run(count));
      const after = numbers(keys);
      expect(got).toEqual(numbers(step(count)));
      expect(numbers(keys)).toEqual(after);
    }
    tf.dispose([q, keys, weight]);
  });

  it('keeps constants that the function uploads', () => {
    const x = tf.tensor1d([1, 2]);
    captured = capture(() => {
      const scaled = tf.mul(x, tf.tensor1d([10, 20])); // the upload's buffer must not be used again
      return tf.add(tf.mul(scaled, tf.tensor1d([2, 2])), tf.tensor1d([1, 1]));
    }, [0, 1, 2]);
    expect(numbers(captured.run(5))).toEqual([21, 81]);
    expect(numbers(captured.run(6))).toEqual([21, 81]);
    x.dispose();
  });

  it('leaves nothing behind', () => {
    const x = tf.tensor1d([1, 2]);
    const before = [tf.memory().numTensors, memoryStats().liveBytes];
    const one = capture(() => tf.add(tf.mul(x, 3), x), [0, 1, 2]);
    one.run(4);
    one.dispose();
    one.dispose();
    const wrong = () => capture(() => tf.add(x, tf.tensor1d([1, 2, 3])), [0, 1, 2]).run(0);
    expect(wrong).toThrow();
    expect([tf.memory().numTensors, memoryStats().liveBytes]).toEqual(before);
    x.dispose();
  });
});

describe('capture on native calls the function instead', () => {
  beforeAll(() => useBackend('native'));

  it.each([
    [
      'it chooses by what it computed',
      'it reads values that it computed',
      (x: tf.Tensor) => () => tf.mul(x, tf.sum(x).dataSync()[0]! > 0 ? 2 : 3),
    ],
    [
      'an upload changes',
      'it uploads other values from call to call',
      (x: tf.Tensor) => (n: number) => tf.add(x, n),
    ],
    [
      'an argument curves',
      'does not follow the counter',
      (x: tf.Tensor) => (n: number) => tf.slice(tf.tile(x, [50]), [n * n], [2]),
    ],
    [
      'it does something else',
      'it issues other instructions from call to call',
      (x: tf.Tensor) => (n: number) => (n > 1 ? tf.neg(x) : tf.neg(tf.neg(x))),
    ],
  ])('where %s', (_, reason, makeFn) => {
    const x = tf.tensor1d([1, 2]);
    const fn = makeFn(x);
    const captured = capture(fn, [0, 1, 2]);
    expect(captured.isRecorded).toBe(false);
    expect(captured.reason).toContain(reason);
    for (const n of [0, 3]) expect(numbers(captured.run(n))).toEqual(numbers(tf.tidy(() => fn(n))));
    captured.dispose();
    x.dispose();
  });

  it('once a tensor that it reads is gone', () => {
    let table = tf.tensor1d([1, 2]);
    const captured = capture(() => tf.mul(table, 2), [0, 1, 2]);
    expect(numbers(captured.run(0))).toEqual([2, 4]);
    table.dispose();
    table = tf.tensor1d([5, 6]);
    expect(numbers(captured.run(1))).toEqual([10, 12]);
    expect(captured.isRecorded).toBe(false);
    captured.dispose();
    table.dispose();
  });

  it('records again where the first call makes a table for all', () => {
    let table: tf.Tensor | undefined;
    const x = tf.tensor1d([1, 2]);
    const captured = capture(() => tf.mul((table ??= tf.keep(tf.tensor1d([3, 4]))), x), [0, 1, 2]);
    expect(captured.isRecorded).toBe(true);
    expect(numbers(captured.run(0))).toEqual([3, 8]);
    captured.dispose();
    tf.dispose([x, table!]);
  });
});
