import { beforeAll, describe, expect, it } from 'vitest';
import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '../backends/use-backend.ts';
import { linear } from '../ops/linear.ts';
import { Generator } from '../random/generator.ts';
import { valueAndGrads } from './value-and-grads.ts';

const generator = new Generator(7);
const variable = (...shape: number[]) => tf.variable(generator.normal(shape));

/** The most data buffers alive at once while `fn` runs, above those alive before. */
function peakBuffers(fn: () => void): number {
  const { state } = tf.engine();
  const before = state.numDataBuffers;
  let now = before;
  let peak = before;
  Object.defineProperty(state, 'numDataBuffers', {
    configurable: true,
    get: () => now,
    set: (value: number) => {
      now = value;
      peak = Math.max(peak, value);
    },
  });
  fn();
  Object.defineProperty(state, 'numDataBuffers', {
    configurable: true,
    writable: true,
    value: now,
  });
  return peak - before;
}

describe('memory of valueAndGrads', () => {
  beforeAll(() => useBackend('cpu'));

  const DEPTH = 40;
  const chain = (a: tf.Variable) => () => {
    let h: tf.Tensor = a;
    for (let i = 0; i < DEPTH; i++) h = tf.tidy(() => tf.tanh(h)); // each saves its output
    return tf.sum(h);
  };

  it('needs the saved activations and a constant more, not a gradient for each layer', () => {
    const a = variable(8);
    const peak = peakBuffers(() => tf.dispose(valueAndGrads(chain(a), [a]) as never));
    expect(peak).toBeGreaterThanOrEqual(DEPTH);
    expect(peak).toBeLessThanOrEqual(DEPTH + 6); // a few temporaries of one tanh gradient
    const stock = peakBuffers(() =>
      tf.dispose(tf.variableGrads(chain(a) as () => tf.Scalar, [a]) as never),
    );
    expect(stock).toBeGreaterThan(1.9 * DEPTH); // what the stock tape needs for the same
  });

  it('saves nothing for what precedes every variable', () => {
    const frozen = variable(8);
    const a = variable(8);
    const fn = () => tf.sum(tf.mul(a, chain(frozen)()));
    const peak = peakBuffers(() => tf.dispose(valueAndGrads(fn, [a]) as never));
    // The chain's own results live until fn's scope ends; nothing else does.
    expect(peak).toBeLessThanOrEqual(DEPTH + 8);
    const inTidy = () => tf.sum(tf.mul(a, tf.tidy(chain(frozen))));
    let during = 0;
    tf.dispose(
      valueAndGrads(() => {
        const before = tf.memory().numDataBuffers;
        const loss = inTidy();
        during = tf.memory().numDataBuffers - before;
        return loss;
      }, [a]) as never,
    );
    expect(during).toBeLessThan(6);
  });

  /** Buffers that a layer, repeated, leaves alive at the end of the forward pass, by layer. */
  function savedByLayer(layer: (h: tf.Tensor) => tf.Tensor, a: tf.Variable): number {
    let saved = 0;
    const { value, grads } = valueAndGrads(() => {
      let h: tf.Tensor = tf.square(a);
      const before = tf.memory().numDataBuffers;
      for (let i = 0; i < DEPTH; i++) {
        const next = tf.tidy(() => layer(h));
        h.dispose();
        h = next;
      }
      saved = tf.memory().numDataBuffers - before;
      return tf.sum(h);
    }, [a]);
    tf.dispose([value, ...grads]);
    return saved / DEPTH;
  }

  it('keeps nothing for sums and shapes', () => {
    const a = variable(2, 2);
    expect(
      savedByLayer((h) => tf.slice(tf.concat([tf.slice(h, [0], [1]), tf.sub(h, 1)]), [0], [2]), a),
    ).toBe(0);
  });

  it('keeps one array for a residual layer, the one that its function reads', () => {
    expect(savedByLayer((h) => tf.add(h, tf.tanh(h)), variable(2))).toBe(1);
  });

  it('keeps no input of a frozen linear layer, and one of a trained layer', () => {
    const a = variable(2, 2);
    const frozen = variable(2, 2);
    expect(savedByLayer((h) => linear(h, frozen), a)).toBe(0);
    expect(savedByLayer((h) => linear(h, a), a)).toBe(1);
  });
});
