import { beforeAll, describe, expect, it } from 'vitest';
import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '../backends/use-backend.ts';
import { ShapeError, UnsupportedError } from '../errors/errors.ts';
import { Generator } from '../random/generator.ts';
import { stopGradient } from './stop-gradient.ts';
import { noGradient } from './tape.ts';
import { valueAndGrads } from './value-and-grads.ts';

beforeAll(() => useBackend('cpu'));

const generator = new Generator(7);
const variable = (...shape: number[]) => tf.variable(generator.normal(shape));

function expectNoLeak(fn: () => void, kept = 0): void {
  const before = tf.memory().numTensors;
  fn();
  expect(tf.memory().numTensors - before).toBe(kept);
}

/** Central differences of `fn` in every element of `v`. */
function finiteDifferences(fn: () => tf.Tensor, v: tf.Variable, step = 1e-2): number[] {
  const original = v.dataSync().slice();
  const at = (i: number, delta: number): number => {
    const moved = original.slice();
    moved[i] = (moved[i] as number) + delta;
    tf.tidy(() => v.assign(tf.tensor(moved, v.shape)));
    return tf.tidy(() => fn().dataSync()[0] as number);
  };
  const slopes = Array.from(original, (_, i) => (at(i, step) - at(i, -step)) / (2 * step));
  tf.tidy(() => v.assign(tf.tensor(original, v.shape)));
  return slopes;
}

// Graphs that exercise sharing: fan-out, aliases (reshape, identity), several outputs, saved tensors.
const graphs: Record<string, (a: tf.Variable, b: tf.Variable) => tf.Tensor> = {
  'a product': (a, b) => tf.sum(tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D)),
  'a tensor used three times': (a) => tf.sum(tf.add(tf.mul(a, a), a)),
  'both inputs the same alias': (a) => {
    const flat = tf.reshape(a, [-1]);
    return tf.sum(tf.mul(flat, tf.reshape(flat, [-1])));
  },
  'a gradient passed on unchanged': (a, b) =>
    tf.sum(tf.square(tf.add(tf.add(a, tf.transpose(b)), tf.add(a, a)))),
  'several outputs of one kernel': (a) => {
    const [left, right] = tf.split(a, [1, 2], 1) as [tf.Tensor, tf.Tensor];
    return tf.sum(tf.mul(left, right));
  },
  'one output of several': (a) => tf.sum(tf.square((tf.split(a, 3, 1) as tf.Tensor[])[1]!)),
  'softmax and log': (a, b) =>
    tf.neg(tf.mean(tf.logSoftmax(tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D)))),
  'a custom gradient that returns dy and a saved tensor': (a) => {
    const f = tf.customGrad((x, save) => {
      (save as tf.GradSaveFunc)([x as tf.Tensor]);
      return {
        value: tf.mul(x as tf.Tensor, 2),
        gradFunc: (_dy: tf.Tensor, saved: tf.Tensor[]) => saved[0] as tf.Tensor,
      };
    });
    return tf.sum(tf.add(f(a), tf.square(a)));
  },
  'inner tidies': (a, b) =>
    tf.tidy(() => {
      const h = tf.tidy(() => tf.tanh(tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D)));
      return tf.mean(tf.mul(h, tf.sigmoid(h)));
    }),
};

describe('valueAndGrads', () => {
  for (const [name, graph] of Object.entries(graphs)) {
    it(`equals tf.variableGrads for ${name}`, () => {
      const a = variable(2, 3);
      const b = variable(3, 2);
      const ours = valueAndGrads(() => graph(a, b), [a, b]);
      const theirs = tf.variableGrads(() => graph(a, b) as tf.Scalar, [a, b]);
      expect(ours.value.dataSync()).toEqual(theirs.value.dataSync());
      [a, b].forEach((v, i) => {
        const expected = theirs.grads[v.name]?.dataSync() ?? new Float32Array(v.size);
        expect(ours.grads[i]!.dataSync()).toEqual(expected);
        expect(ours.grads[i]!.shape).toEqual(v.shape);
      });
      tf.dispose([a, b, ours.value, ours.grads, theirs.value, theirs.grads] as tf.TensorContainer);
    });

    it(`leaves only value and gradients for ${name}`, () => {
      const a = variable(2, 3);
      const b = variable(3, 2);
      expectNoLeak(() => valueAndGrads(() => graph(a, b), [a, b]), 3);
      expectNoLeak(() => tf.tidy(() => void valueAndGrads(() => graph(a, b), [a, b])));
    });
  }

  it('equals finite differences', () => {
    const a = variable(2, 3);
    const b = variable(3, 2);
    const fn = graphs['inner tidies']!;
    const { grads } = valueAndGrads(() => fn(a, b), [a, b]);
    [a, b].forEach((v, i) => {
      const expected = finiteDifferences(() => fn(a, b), v);
      // float32 differences of a loss near 1: 2^-24 / 0.02 ≈ 3e-6, plus O(step²) ≈ 1e-4
      grads[i]!.dataSync().forEach((g, j) => expect(Math.abs(g - expected[j]!)).toBeLessThan(5e-4));
    });
  });

  it('returns the metrics of a loss record', () => {
    const a = variable(2);
    const { value, grads } = valueAndGrads(() => {
      const loss = tf.sum(tf.mul(a, 3));
      return { loss, metrics: { twice: tf.mul(loss, 2) } };
    }, [a]);
    expect(value.metrics.twice.dataSync()[0]).toBeCloseTo(2 * value.loss.dataSync()[0]!);
    expect([...grads[0]!.dataSync()]).toEqual([3, 3]);
  });

  it('gives zeros to a variable that fn does not use', () => {
    const a = variable(2);
    const unused = variable(3, 2);
    const { grads } = valueAndGrads(() => tf.sum(a), [unused, a]);
    expect([...grads[0]!.dataSync()]).toEqual([0, 0, 0, 0, 0, 0]);
    expect(grads[0]!.shape).toEqual([3, 2]);
    expect([...grads[1]!.dataSync()]).toEqual([1, 1]);
  });

  it('frees everything when fn throws', () => {
    const a = variable(2);
    expectNoLeak(() => {
      expect(() =>
        valueAndGrads(() => {
          tf.exp(tf.square(a));
          throw new Error('boom');
        }, [a]),
      ).toThrow('boom');
    });
  });

  it('frees everything when a gradient throws, and works again after', () => {
    const a = variable(2);
    const failing = tf.customGrad((x) => ({
      value: tf.clone(x as tf.Tensor),
      gradFunc: () => {
        throw new Error('bad gradient');
      },
    }));
    expectNoLeak(() => {
      expect(() => valueAndGrads(() => tf.sum(tf.exp(failing(tf.exp(tf.square(a))))), [a])).toThrow(
        'bad gradient',
      );
    });
    expect([...valueAndGrads(() => tf.sum(a), [a]).grads[0]!.dataSync()]).toEqual([1, 1]);
  });

  it('names an operation without a gradient', () => {
    const a = variable(4);
    expectNoLeak(() => {
      expect(() => valueAndGrads(() => tf.sum(tf.cumprod(tf.exp(a))), [a])).toThrow(
        /^valueAndGrads: Cumprod: expected a kernel with a gradient/,
      );
    });
  });

  it('refuses a loss that is not a float32 scalar', () => {
    const a = variable(2);
    expectNoLeak(() => {
      expect(() => valueAndGrads(() => tf.square(a), [a])).toThrow(ShapeError);
      expect(() => valueAndGrads(() => tf.cast(tf.sum(a), 'int32'), [a])).toThrow(
        'valueAndGrads: loss: expected a float32 scalar, got int32 []. Reduce it with tf.mean.',
      );
    });
  });

  it('refuses a loss that depends on no variable', () => {
    const a = variable(2);
    expect(() => valueAndGrads(() => tf.scalar(1), [a])).toThrow(UnsupportedError);
    expect(() => valueAndGrads(() => stopGradient(tf.sum(a)), [a])).toThrow(UnsupportedError);
  });

  it('refuses to run inside another gradient', () => {
    const a = variable(2);
    const nested = () => valueAndGrads(() => tf.sum(tf.square(a)), [a]).value;
    expect(() => valueAndGrads(nested, [a])).toThrow(/expected no gradient around it/);
  });
});

describe('stopGradient and noGradient', () => {
  it('make constants of what they return', () => {
    const a = tf.variable(tf.tensor1d([2, 3]));
    // d/da Σ a·c with c = a² held fixed: a². Not 3·a².
    const { grads } = valueAndGrads(
      () =>
        tf.sum(
          tf.mul(
            tf.mul(a, stopGradient(a)),
            noGradient(() => tf.clone(a)),
          ),
        ),
      [a],
    );
    expect([...grads[0]!.dataSync()]).toEqual([4, 9]);
  });
});

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

describe('memory', () => {
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
});
