import { beforeAll, describe, expect, it } from 'vitest';
import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '../backends/use-backend.ts';
import { ShapeError, UnsupportedError } from '../errors/errors.ts';
import { globalNorm } from '../ops/global-norm.ts';
import { linear } from '../ops/linear.ts';
import { Generator } from '../random/generator.ts';
import { stopGradient } from './stop-gradient.ts';
import { noGradient } from './tape.ts';
import { valueAndGrads } from './value-and-grads.ts';

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
  'kernels whose gradients read only shapes': (a, b) => {
    const c = tf.transpose(b); // [2, 3]
    const stacked = tf.stack([tf.sub(a, c), tf.addN([a, c, a])]); // [2, 2, 3]
    const joined = tf.concat([stacked, tf.expandDims(tf.square(a), 0)]); // [3, 2, 3]
    const cut = tf.slice(
      tf.pad(joined, [
        [0, 0],
        [1, 0],
        [0, 2],
      ]),
      [1, 0, 1],
      [2, 3, 3],
    );
    return tf.mul(tf.sum(tf.square(cut)), tf.mean(tf.mul(tf.reshape(a, [3, 2]), b)));
  },
  'products that broadcast': (a, b) =>
    tf.sum(tf.mul(tf.add(a, tf.sum(b)), tf.sub(tf.mean(a, 0, true), tf.slice(a, [0, 0], [2, 1])))),
  'a factor that is a constant': (a, b) => {
    const constant = tf.ones([3, 2]);
    const left = tf.matMul(tf.square(a) as tf.Tensor2D, constant as tf.Tensor2D);
    const right = tf.matMul(tf.mul(constant, 3) as tf.Tensor2D, left as tf.Tensor2D);
    return tf.sum(tf.mul(constant, tf.mul(right, b)));
  },
  'linear layers': (a, b) => tf.sum(tf.square(linear(linear(a, tf.ones([2, 3])), b, tf.ones([3])))),
  'inner tidies': (a, b) =>
    tf.tidy(() => {
      const h = tf.tidy(() => tf.tanh(tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D)));
      return tf.mean(tf.mul(h, tf.sigmoid(h)));
    }),
};

describe.each(['cpu', 'wasm', 'native'] as const)('valueAndGrads on %s', (backend) => {
  beforeAll(() => useBackend(backend));

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
      expect(() => valueAndGrads(() => globalNorm([tf.exp(a)]), [a])).toThrow(
        /^valueAndGrads: GlobalNorm: expected a kernel with a gradient/,
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
  beforeAll(() => useBackend('cpu'));

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
