// The optimizer's in-place kernels: AdamW, the global norm, sums of gradients.
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import {
  adamWStep,
  addInto,
  Generator,
  globalNorm,
  lionStep,
  sgdMomentumStep,
  ShapeError,
  tf,
} from '../../src/index.ts';
import { scopedTest, valuesOf } from './scoped-test.ts';

interface AdamWFixture {
  shapes: number[][];
  weightDecay: number[];
  b1: number;
  b2: number;
  eps: number;
  initial: number[][];
  steps: { learningRate: number; grads: number[][] }[];
  params: number[][];
  mu: number[][];
  nu: number[][];
}

// tools/fixtures/adam_w.py
const fixtureUrl = new URL('../../fixtures/adam-w.json', import.meta.url);
const fixture = JSON.parse(readFileSync(fixtureUrl, 'utf8')) as AdamWFixture;

const variablesOf = (lists: number[][]) =>
  lists.map((values, i) => tf.variable(tf.tensor(values, fixture.shapes[i]!)));

/** The largest difference, relative to the expected value or to `floor`, whichever is larger. */
function distance(actual: ArrayLike<number>, expected: readonly number[], floor: number): number {
  const errors = expected.map((e, i) => Math.abs(actual[i]! - e) / Math.max(Math.abs(e), floor));
  return Math.max(...errors);
}

export function adamWSuite(): void {
  const zeros = () => variablesOf(fixture.initial.map((values) => values.map(() => 0)));

  function run(gradScale: number): [params: tf.Variable[], mu: tf.Variable[], nu: tf.Variable[]] {
    const [params, mu, nu] = [variablesOf(fixture.initial), zeros(), zeros()];
    const { b1, b2, eps, weightDecay } = fixture;
    fixture.steps.forEach(({ learningRate, grads: values }, i) => {
      const grads = values.map((g, j) =>
        tf.tensor(
          g.map((x) => x / gradScale),
          fixture.shapes[j]!,
        ),
      );
      const options = { step: i + 1, learningRate, b1, b2, eps, weightDecay, gradScale };
      adamWStep({ params, grads, mu, nu }, options);
      tf.dispose(grads);
    });
    return [params, mu, nu];
  }

  scopedTest('equals ten steps of torch.optim.AdamW', () => expectTorch(run(1)));
  scopedTest('multiplies gradients by gradScale first', () => expectTorch(run(0.25)));

  function expectTorch([params, mu, nu]: ReturnType<typeof run>): void {
    // Ten float32 roundings, 2^-24 each, of sums whose terms reach 1 (params, mu) or do not cancel.
    const errors = [params, mu, nu].map((variables, kind) => {
      const expected = [fixture.params, fixture.mu, fixture.nu][kind]!;
      const floor = kind < 2 ? 1 : 0;
      return Math.max(...variables.map((v, i) => distance(v.dataSync(), expected[i]!, floor)));
    });
    tf.dispose([...params, ...mu, ...nu]);
    for (const error of errors) expect(error).toBeLessThan(2e-6);
  }

  scopedTest("adds l2·p to the gradient, as torch.optim.Adam's decay", () => {
    const step = (l2: number, gradient: number) => {
      const lists = ['params', 'mu', 'nu'].map((_, i) => [tf.variable(tf.fill([17], i ? 0 : 2))]);
      const [params, mu, nu] = lists as [tf.Variable[], tf.Variable[], tf.Variable[]];
      const options = { step: 1, learningRate: 0.5, b1: 0.5, b2: 0.5, eps: 1, weightDecay: 0, l2 };
      adamWStep({ params, grads: [tf.fill([17], gradient)], mu, nu }, options);
      const values = lists.map(([variable]) => valuesOf(variable!));
      tf.dispose(lists.flat());
      return values;
    };
    expect(step(0.25, 3)).toEqual(step(0, 3.5)); // 3 + 0.25·2
  });

  scopedTest('writes where the variables lie, and leaves a clone its old values', () => {
    const [p, m, v] = [
      tf.variable(tf.ones([3])),
      tf.variable(tf.zeros([3])),
      tf.variable(tf.zeros([3])),
    ];
    const g = tf.ones([3]);
    const snapshot = tf.clone(p);
    const options = { learningRate: 0.5, b1: 0.9, b2: 0.999, eps: 1e-8, weightDecay: 0 };
    adamWStep({ params: [p], grads: [g], mu: [m], nu: [v] }, { ...options, step: 1 });
    const data = p.dataId;
    adamWStep({ params: [p], grads: [g], mu: [m], nu: [v] }, { ...options, step: 2 });
    expect(p.dataId).toBe(data);
    expect(valuesOf(snapshot)).toEqual([1, 1, 1]);
    // A constant gradient: each corrected moment is 1, so each step moves by the learning rate.
    for (const value of valuesOf(p)) expect(value).toBeCloseTo(0, 6);
    tf.dispose([p, m, v, g, snapshot]);
  });

  scopedTest('takes many parameters of many sizes, empty ones too', () => {
    const sizes = [0, 1, 15, 16, 17, 100, 70_000];
    const fresh = (value: number) => sizes.map((size) => tf.variable(tf.fill([size], value)));
    const [params, mu, nu] = [fresh(1), fresh(0), fresh(0)];
    const grads = sizes.map((size, i) => tf.fill([size], i + 1));
    const options = { step: 1, learningRate: 0.25, b1: 0.9, b2: 0.99, eps: 0, weightDecay: 0.1 };
    adamWStep({ params, grads, mu, nu }, options);
    // 1 · (1 − 0.025) − 0.25 · g/|g|
    for (const p of params) for (const x of valuesOf(p)) expect(x).toBeCloseTo(0.725, 5);
    tf.dispose([...params, ...mu, ...nu, ...grads]);
  });

  scopedTest('says which list does not fit', () => {
    const p = [tf.variable(tf.ones([2]))];
    const options = { step: 1, learningRate: 1, b1: 0.9, b2: 0.99, eps: 0, weightDecay: 0 };
    const g = [tf.ones([2])];
    expect(() => adamWStep({ params: p, grads: [], mu: p, nu: p }, options)).toThrow(
      'adamWStep: grads: expected 1 tensors, got 0. Give one for each parameter.',
    );
    expect(() => adamWStep({ params: p, grads: [tf.ones([3])], mu: p, nu: p }, options)).toThrow(
      /^adamWStep: grads\[0\]: expected .*\[2\], got \[3\]/,
    );
    const step0 = { ...options, step: 0 };
    expect(() => adamWStep({ params: p, grads: g, mu: p, nu: p }, step0)).toThrow(
      'adamWStep: step: expected an integer from 1, got 0.',
    );
    tf.dispose(p);
  });
}

/** Sizes around vectors, tasks and nothing. */
const SIZES = [0, 1, 15, 16, 17, 100, 70_000];

export function momentumStepsSuite(): void {
  /** Parameters from 1 on, momentum 0, gradients given; the parameters after each step. */
  const run = (steps: readonly number[], update: (tensors: Momentum, step: number) => void) => {
    const variables = (value: number) => SIZES.map((size) => tf.variable(tf.fill([size], value)));
    const [params, mu] = [variables(1), variables(0)];
    const places: object[][] = []; // after each step: the first detaches them from what they were made of
    const after = steps.map((gradient, i) => {
      const grads = SIZES.map((size) => tf.fill([size], gradient));
      update({ params, grads, mu }, i + 1);
      places.push(params.map((p) => p.dataId));
      const values = new Set(params.flatMap(valuesOf));
      expect(values.size).toBe(1); // all elements of all tensors alike
      return [...values][0]!;
    });
    places.forEach((ids) => expect(ids).toEqual(places[0]));
    tf.dispose([...params, ...mu]);
    return after;
  };
  type Momentum = Parameters<typeof lionStep>[0];

  scopedTest('SGD: momentum, dampening, decay and look ahead by hand', () => {
    const options = { learningRate: 0.5, momentum: 0.5, gradScale: 0.5 };
    // g = 0.5·4 = 2: m = 2, p = 1 − 1 = 0; then m = 0.5·2 + 0.75·2 = 2.5, p = −1.25
    const damped = run([4, 4], (tensors, step) =>
      sgdMomentumStep(tensors, { ...options, step, dampening: 0.25 }),
    );
    expect(damped).toEqual([0, -1.25]);
    // g = 2 + 2·1 = 4: m = 4, d = 4 + 2 = 6, p = −2; then g = 2 − 4 = −2: m = 0, d = −2, p = −1
    const nesterov = run([4, 4], (tensors, step) =>
      sgdMomentumStep(tensors, { ...options, step, nesterov: true, l2: 2 }),
    );
    expect(nesterov).toEqual([-2, -1]);
  });

  scopedTest('Lion: the sign of the mixed momentum, by hand', () => {
    const options = { learningRate: 0.25, b1: 0.5, b2: 0.75, weightDecay: 1, gradScale: 0.5 };
    // m = 0, g = 2: p = 0.75 − 0.25 = 0.5, m = 0.5. g = −0.5: mixed 0, p = 0.375, m = 0.25. g = −2: p = 0.28125 + 0.25
    const after = run([4, -1, -4], (tensors) => lionStep(tensors, options));
    expect(after).toEqual([0.5, 0.375, 0.53125]);
  });

  scopedTest('say which list does not fit', () => {
    const one = [tf.variable(tf.ones([2]))];
    const sgd = { step: 1, learningRate: 1, momentum: 0.9 };
    expect(() => sgdMomentumStep({ params: one, grads: [], mu: one }, sgd)).toThrow(
      'sgdMomentumStep: grads: expected 1 tensors, got 0. Give one for each parameter.',
    );
    const zero = { ...sgd, step: 0 };
    expect(() => sgdMomentumStep({ params: one, grads: one, mu: one }, zero)).toThrow(
      'sgdMomentumStep: step: expected an integer from 1, got 0.',
    );
    const lion = { learningRate: 1, b1: 0.9, b2: 0.99, weightDecay: [1, 2] };
    expect(() => lionStep({ params: one, grads: one, mu: one }, lion)).toThrow(
      'lionStep: weightDecay: expected 1 numbers, got 2. Give one for each parameter.',
    );
    tf.dispose(one);
  });
}

export function globalNormSuite(): void {
  scopedTest('is the norm of all elements together', () => {
    const norm = globalNorm([tf.tensor1d([3, 0]), tf.tensor2d([[4]]), tf.zeros([0])]);
    expect(norm.shape).toEqual([]);
    expect(valuesOf(norm)).toEqual([5]);
  });

  scopedTest('agrees with double precision on long tensors', () => {
    const tensors = [1, 17, 70_001, 300].map((n) => new Generator(n).normal([n]));
    const squares = tensors.flatMap(valuesOf).reduce((sum, x) => sum + x * x, 0);
    // The cpu and wasm backends add float32 one by one: n · 2^-24 at worst, far less by chance.
    expect(valuesOf(globalNorm(tensors))[0]! / Math.sqrt(squares)).toBeCloseTo(1, 4);
  });

  scopedTest('passes on NaN and refuses what it cannot add', () => {
    expect(valuesOf(globalNorm([tf.tensor1d([1, NaN])]))).toEqual([NaN]);
    expect(() => globalNorm([])).toThrow(RangeError);
    expect(() => globalNorm([tf.zeros([1], 'int32')])).toThrow(ShapeError);
  });
}

export function addIntoSuite(): void {
  scopedTest('adds where one of the two lies, and leaves what shares memory alone', () => {
    for (const size of [0, 1, 17, 70_001]) {
      const [a, b] = [tf.range(0, size), tf.ones([size])];
      const expected = valuesOf(tf.add(a, b));
      const alias = tf.reshape(a, [1, size]);
      const isShared = alias.dataId === a.dataId; // not on TensorFlow, where a reshape is a copy
      const sum = addInto(a, b);
      expect(sum).toBe(isShared ? b : a);
      expect((isShared ? a : b).isDisposed).toBe(true);
      expect(valuesOf(sum)).toEqual(expected);
      expect(valuesOf(alias)).toEqual(Array.from({ length: size }, (_, i) => i));
    }
  });

  scopedTest('makes a new tensor when both are shared', () => {
    const [a, b] = [tf.tensor1d([1, 2]), tf.tensor1d([3, 4])];
    const aliases = [tf.clone(a), tf.clone(b)];
    expect(valuesOf(addInto(a, b))).toEqual([4, 6]);
    expect(aliases.map(valuesOf)).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  scopedTest('refuses other shapes and twice the same tensor', () => {
    const a = tf.ones([2]);
    expect(() => addInto(a, tf.ones([1]))).toThrow(ShapeError);
    expect(() => addInto(a, a)).toThrow(
      'addInto: b: expected another tensor than a, got the same.',
    );
  });
}
