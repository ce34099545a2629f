import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as tf from '@tensorflow/tfjs-core';
import { valueAndGrads } from '../autodiff/index.ts';
import { useBackend } from '../backends/use-backend.ts';
import { linear } from '../ops/linear.ts';
import { linearCrossEntropy } from '../ops/linear-cross-entropy.ts';
import { quantizedLinear } from '../ops/quantized.ts';
import { QuantizedWeight } from '../quantized/quantized-weight.ts';
import { Generator } from '../random/generator.ts';
import { setActivationStorage } from './activation-storage.ts';
import { matmulPrecision, setMatmulPrecision } from './matmul-precision.ts';

/** To the nearest bf16, ties to even. */
function rounded(x: tf.Tensor): tf.Tensor {
  const values = x.dataSync() as Float32Array;
  const bits = new Uint32Array(values.slice().buffer);
  const halves = bits.map((word) => (word + 0x7fff + ((word >>> 16) & 1)) & 0xffff0000);
  return tf.tensor(new Float32Array(halves.buffer), x.shape);
}

const numbers = (x: tf.Tensor) => Array.from(x.dataSync());

function expectNear(actual: tf.Tensor, expected: tf.Tensor, tolerance: number): void {
  const difference = tf.max(tf.abs(tf.sub(actual, expected))).dataSync()[0]!;
  const largest = tf.max(tf.abs(expected)).dataSync()[0]!;
  expect(difference / largest).toBeLessThan(tolerance);
}

describe('setMatmulPrecision', () => {
  const generator = new Generator(3);
  const [N, I, O] = [37, 70, 45]; // more than 8 rows: fewer are a matrix–vector product in float32
  let x: tf.Variable;
  let weight: tf.Variable;

  beforeAll(async () => {
    await useBackend('native');
    x = tf.variable(generator.normal([N, I]));
    weight = tf.variable(generator.normal([O, I]));
  });
  beforeEach(() => setMatmulPrecision('bfloat16'));

  const gradients = () => {
    const dy = tf.reshape(tf.linspace(-1, 1, N * O), [N, O]);
    const { value, grads } = valueAndGrads(
      () => tf.sum(tf.mul(linear(x, weight), dy)),
      [x, weight],
    );
    value.dispose();
    return { dy, dx: grads[0]!, dw: grads[1]! };
  };

  it('rounds both factors to bf16 and adds up in float32, forwards and backwards', () => {
    const y = linear(x, weight);
    const { dy, dx, dw } = gradients();
    setMatmulPrecision('float32');
    // float32 sums in another order: √70 roundings of 2⁻²⁴
    expectNear(y, tf.matMul(rounded(x), rounded(weight), false, true), 2e-6);
    expectNear(dx, tf.matMul(rounded(dy), rounded(weight)), 2e-6);
    expectNear(dw, tf.matMul(rounded(dy), rounded(x), true), 2e-6);
  });

  it.each(['BF16', 'Q8_0'] as const)('multiplies with frozen %s weights alike', (type) => {
    const wide = tf.variable(generator.normal([N, 64]));
    const [bias, dy] = [tf.variable(generator.normal([O])), generator.normal([N, O])];
    using frozen = QuantizedWeight.from(generator.normal([O, 64]), type);
    const dense = rounded(frozen.dequantize());
    const product = () => quantizedLinear(wide, frozen, bias, { activations: 'float32' });
    const { value, grads } = valueAndGrads(() => tf.sum(tf.mul(product(), dy)), [wide]);
    const y = product();
    setMatmulPrecision('float32');
    expectNear(y, tf.add(tf.matMul(rounded(wide), dense, false, true), bias), 2e-6);
    expectNear(grads[0]!, tf.matMul(rounded(dy), dense), 2e-6);
    expect(numbers(product())).not.toEqual(numbers(y));
    tf.dispose([wide, value, ...grads]);
  });

  it('has the same gradients of weights when activations are kept in bf16', () => {
    const gradient = () => {
      const { value, grads } = valueAndGrads(
        () => tf.sum(tf.square(linear(tf.tanh(x), weight))),
        [x, weight],
      );
      value.dispose();
      return numbers(grads[1]!);
    };
    const whole = gradient();
    setActivationStorage('bfloat16');
    try {
      expect(gradient()).toEqual(whole); // x is rounded when it is packed, or was
    } finally {
      setActivationStorage('float32');
    }
  });

  it('is near float32, and not the same', () => {
    const labels = tf.range(0, N, 1, 'int32');
    const loss = () => linearCrossEntropy(x, weight, labels).dataSync()[0]!;
    const half = loss();
    setMatmulPrecision('float32');
    const whole = loss();
    expect(half).not.toBe(whole);
    expect(Math.abs(half - whole) / whole).toBeLessThan(2 ** -8);
  });

  it('leaves tf.matMul as it is', () => {
    const product = () => numbers(tf.matMul(x, weight, false, true));
    const half = product();
    setMatmulPrecision('float32');
    expect(half).toEqual(product());
  });

  it('gives the same bits for 1, 2, 3 and 8 threads', async () => {
    const outcomes: number[][][] = [];
    for (const threads of [1, 2, 3, 8]) {
      await useBackend('native', { threads });
      const { dx, dw } = gradients();
      outcomes.push([numbers(linear(x, weight)), numbers(dx), numbers(dw)]);
    }
    for (const outcome of outcomes) expect(outcome).toEqual(outcomes[0]);
    await useBackend('native');
  });

  it('says what is set, and refuses what does not work', async () => {
    expect(matmulPrecision()).toBe('bfloat16');
    setMatmulPrecision('float32');
    expect(matmulPrecision()).toBe('float32');
    expect(() => setMatmulPrecision('half' as 'bfloat16')).toThrow(
      'setMatmulPrecision: precision: expected float32 or bfloat16, got half.',
    );
    await useBackend('cpu');
    setMatmulPrecision('float32');
    expect(() => setMatmulPrecision('bfloat16')).toThrow(
      'setMatmulPrecision: backend: expected native, got cpu.',
    );
    await useBackend('native');
  });
});
