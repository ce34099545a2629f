// The meta backend: every fused operation gets its shapes, no data is touched, bytes are counted by purpose.
import { beforeAll, describe, expect, it } from 'vitest';
import { outcomeOf } from '../../../conformance/fused/outcome.ts';
import { pytorchCases } from '../../../conformance/fused/run-conformance.ts';
import {
  inCategory,
  kernelStats,
  memoryStats,
  nn,
  resetPeakMemory,
  scope,
  tf,
} from '../../index.ts';
import { Generator, useBackend, valueAndGrads } from '../../index.ts';

beforeAll(() => useBackend('meta'));

const PETABYTE = 2 ** 50;

describe('meta', () => {
  it.each(pytorchCases().map((c) => [`${c.op}: ${c.name}`, c] as const))('%s', (_, fusedCase) => {
    const { output, gradients } = outcomeOf(fusedCase);
    expect(output).toHaveLength(fusedCase.expected!.output.length);
    for (const [name, expected] of Object.entries(fusedCase.expected!.gradients))
      expect(gradients[name], name).toHaveLength(expected.length);
  });

  it('holds what no machine holds', () => {
    scope(() => {
      const side = 2 ** 24;
      const x = new Generator(1).normal([side, side]);
      const y = tf.matMul(x, x, true);
      expect(y.shape).toEqual([side, side]);
      expect(memoryStats().liveBytes).toBeGreaterThanOrEqual(2 * PETABYTE);
    });
    expect(memoryStats().liveBytes).toBeLessThan(PETABYTE);
  });

  it('reads back what was written, and zeros for what would have been computed', () => {
    scope(() => {
      const x = tf.tensor1d([1, 2, 3]);
      expect(Array.from(x.dataSync())).toEqual([1, 2, 3]);
      expect(Array.from(tf.add(x, x).dataSync())).toEqual([0, 0, 0]);
    });
  });

  it('counts by purpose, and what each held at the peak', () => {
    scope(() => {
      const layer = inCategory(
        'weights',
        () => new nn.Linear(16, 8, { hasBias: false, generator: new Generator(1) }),
      );
      const x = inCategory('inputs', () => tf.zeros([4, 16]));
      resetPeakMemory();
      const { grads } = inCategory('step', () =>
        valueAndGrads(() => tf.sum(tf.square(layer.forward(x))), [layer.weight]),
      );
      const { categories, peakBytes } = memoryStats();
      expect(categories!['weights']).toEqual({ liveBytes: 4 * 128, bytesAtPeak: 4 * 128 });
      expect(categories!['inputs']).toEqual({ liveBytes: 4 * 64, bytesAtPeak: 4 * 64 });
      const atPeak = Object.values(categories!).reduce(
        (sum, { bytesAtPeak }) => sum + bytesAtPeak,
        0,
      );
      expect(atPeak).toBe(peakBytes);
      expect(grads[0]!.shape).toEqual([8, 16]);
      layer.dispose();
    });
  });

  it('runs the kernels that native runs', () => {
    scope(() => tf.softmax(tf.zeros([2, 3])));
    expect(kernelStats().native['Softmax']).toBeGreaterThan(0);
  });
});
