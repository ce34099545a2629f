import { beforeAll, describe, expect, it } from 'vitest';
import * as tf from '@tensorflow/tfjs-core';
import { valueAndGrads } from '../autodiff/index.ts';
import { useBackend } from '../backends/use-backend.ts';
import { attention } from '../ops/attention.ts';
import { linear } from '../ops/linear.ts';
import { linearCrossEntropy } from '../ops/linear-cross-entropy.ts';
import { measureMachinePeak } from './machine-peak.ts';
import { profile } from './profile.ts';

describe('profile', () => {
  beforeAll(() => useBackend('native'));

  const of = (kernels: ReturnType<typeof profile>['kernels'], name: string) => {
    const found = kernels.find(({ kernel }) => kernel === name);
    if (found === undefined) throw new Error(`no ${name} in the profile`);
    return found;
  };

  it('counts calls, time, operations and bytes by kernel', () => {
    const x = tf.variable(tf.ones([3, 4, 5])); // 12 rows of 5
    const weight = tf.variable(tf.ones([7, 5]));
    const { value, kernels, seconds } = profile(() =>
      valueAndGrads(() => tf.sum(linear(linear(x, weight), tf.ones([2, 7]))), [x, weight]),
    );
    expect(value.value.dataSync()[0]).toBe(12 * 5 * 7 * 2);
    const forward = of(kernels, 'Linear');
    expect(forward.calls).toBe(2);
    expect(forward.flops).toBe(2 * 12 * 5 * 7 + 2 * 12 * 7 * 2);
    expect(forward.bytes).toBe(4 * (12 * 5 + 7 * 5 + 12 * 7) + 4 * (12 * 7 + 2 * 7 + 12 * 2));
    expect(of(kernels, 'LinearGradInput').flops).toBe(forward.flops);
    expect(of(kernels, 'LinearGradWeight').flops).toBe(2 * 12 * 5 * 7); // the ones are no variable
    expect(of(kernels, 'Sum').flops).toBe(0);
    const times = kernels.map((kernel) => kernel.seconds);
    expect([...times].sort((a, b) => b - a)).toEqual(times);
    expect(times.reduce((a, b) => a + b)).toBeLessThanOrEqual(seconds);
  });

  it('counts the products of attention and of a loss over a vocabulary', () => {
    const q = tf.variable(tf.ones([2, 3, 4, 8])); // B, T, H, D
    const weight = tf.ones([11, 8]);
    const { kernels } = profile(() =>
      valueAndGrads(() => {
        const mixed = attention(q, tf.ones([2, 3, 2, 8]), tf.ones([2, 3, 2, 8])); // keys: 1, 2, 3
        return linearCrossEntropy(mixed, weight, tf.zeros([2, 3, 4], 'int32'));
      }, [q]),
    );
    const product = 2 * 2 * 4 * 8 * (1 + 2 + 3); // one of queries by keys
    expect(of(kernels, 'Attention').flops).toBe(2 * product);
    expect(of(kernels, 'AttentionGrad').flops).toBe(5 * product);
    expect(of(kernels, 'LinearCrossEntropy').flops).toBe(2 * (2 * 3 * 4) * 8 * 11 * 2); // no dweight
  });

  it('measures what the machine can do', () => {
    const before = tf.memory().numTensors;
    const { float32, product, bf16, int8, readBytes } = measureMachinePeak();
    expect(tf.memory().numTensors).toBe(before);
    expect(float32).toBeGreaterThan(1e8);
    expect(product).toBeGreaterThan(1e8);
    expect(readBytes).toBeGreaterThan(1e8);
    for (const peak of [bf16, int8]) expect(peak === 0 || peak > 1e8).toBe(true);
  });

  it('stops measuring afterwards, also when the program throws, and wants native', async () => {
    expect(() =>
      profile(() => {
        throw new Error('on purpose');
      }),
    ).toThrow('on purpose');
    expect((tf.backend() as { profiler?: unknown }).profiler).toBeUndefined();
    await useBackend('cpu');
    expect(() => profile(() => 0)).toThrow('profile: backend: expected native, got cpu.');
    await useBackend('native');
  });
});
