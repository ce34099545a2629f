// Attention of any shape and options: C++ against the composite, forwards and backwards.
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { scope, tf, useBackend, type Tensor } from '../../src/index.ts';
import {
  attention,
  attentionGrad,
  biasedAttention,
  biasedAttentionGrad,
  maskedAttention,
  maskedAttentionGrad,
  maskedBiasedAttention,
  maskedBiasedAttentionGrad,
  type AttentionAttrs,
} from '../../src/kernels/attention.ts';
import type { FusedKernel } from '../../src/kernels/composite.ts';
import { hashed } from './hashed.ts';
import { distance } from './outcome.ts';

const TOLERANCE = 2e-5; // two orders of summing up to 300 terms

const upTo = (most: number, least = 1) => fc.integer({ min: least, max: most });

const PROBLEM = fc
  .record({ B: upTo(3), T: upTo(90), S: upTo(300), K: upTo(3), group: upTo(4), D: upTo(150) })
  .chain((sizes) =>
    fc.record({
      sizes: fc.constant(sizes),
      isCausal: fc.boolean(),
      hasMask: fc.boolean(),
      biasItems: fc.constantFrom(0, 1, sizes.B), // 0: no bias
      keyLength: upTo(sizes.S),
      queryOffset: upTo(sizes.S, -sizes.T),
      dropout: fc.constantFrom(0, 0.3),
      window: fc.oneof(fc.constant(0), upTo(sizes.S)),
      softcap: fc.constantFrom(0, 1.5),
      seed: upTo(2 ** 40),
    }),
  );
/** By whether there is a bias, and a mask. */
const KERNELS = {
  'false, false': [attention, attentionGrad],
  'false, true': [maskedAttention, maskedAttentionGrad],
  'true, false': [biasedAttention, biasedAttentionGrad],
  'true, true': [maskedBiasedAttention, maskedBiasedAttentionGrad],
} as const;
type Problem = typeof PROBLEM extends fc.Arbitrary<infer P> ? P : never;

beforeAll(() => useBackend('native'));

it('is what the composite says', () => {
  fc.assert(fc.property(PROBLEM, agrees), { numRuns: 40 });
}, 120_000);

function agrees({ sizes, hasMask, biasItems, ...options }: Problem): void {
  scope(() => {
    const { B, T, S, K, group, D } = sizes;
    const random = (seed: number, ...shape: number[]) =>
      tf.tensor(hashed(tf.util.sizeFromShape(shape), seed, 2), shape);
    const queries = [B, T, K * group, D];
    const [q, k, v] = [random(1, ...queries), random(2, B, S, K, D), random(3, B, S, K, D)];
    const mask = tf.cast(tf.greater(random(4, B, S), -1), 'int32');
    const bias = random(6, biasItems, K * group, T, options.keyLength);
    const hasBias = biasItems > 0;
    const inputs = { q, k, v, ...(hasBias && { bias }), ...(hasMask && { mask }) };
    const attrs = { ...options, scale: 1 / Math.sqrt(D) };
    const [forward, backward] = KERNELS[`${hasBias}, ${hasMask}`];
    const [out, logSumExp] = both(forward, inputs, attrs);
    const saved = { ...inputs, out: out!, logSumExp: logSumExp! };
    both(backward, { dy: random(5, ...queries), ...saved }, attrs);
  });
}

/** Runs the kernel in C++ and as tf operations, compares them, and returns what C++ gave. */
function both(
  composite: FusedKernel,
  inputs: Record<string, Tensor>,
  attrs: AttentionAttrs,
): Tensor[] {
  const native = tf.engine().runKernel<Tensor[]>(composite.kernelName, inputs, attrs);
  const params = { inputs, attrs, backend: tf.backend() };
  const expected = composite.kernelFunc(params) as Tensor[];
  native.forEach((actual, i) => {
    const isStatistic = composite.kernelName.endsWith('Attention') && i === 1;
    if (isStatistic) return; // each side chooses what it says of an empty row
    expect(distance(actual.dataSync(), expected[i]!.dataSync()), `output ${i}`).toBeLessThan(
      TOLERANCE,
    );
  });
  return native;
}
