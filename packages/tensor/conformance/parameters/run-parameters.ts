// Conformance of the operations around parameters on one backend: lookup and its gradient, dropout,
// random numbers, and the optimizer's in-place kernels.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  adamWStep,
  addInto,
  dropout,
  embedding,
  Generator,
  globalNorm,
  kernelStats,
  resetKernelStats,
  scope,
  ShapeError,
  tf,
  useBackend,
  valueAndGrads,
  type BackendName,
  type BackendOptions,
  type Tensor,
} from '../../src/index.ts';
import { normalQuantile } from '../../src/random/normal-quantile.ts';
import { philoxWords } from '../../src/random/philox.ts';

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

export function runParameterConformance(backend: BackendName, options: BackendOptions = {}): void {
  describe(`parameter operations on ${backend} ${JSON.stringify(options)}`, () => {
    let tensorsBefore = 0;
    beforeAll(async () => {
      await useBackend(backend, options);
      tensorsBefore = tf.memory().numTensors;
    });
    afterAll(() => expect(tf.memory().numTensors).toBe(tensorsBefore));
    describe('embedding', embeddingSuite);
    describe('dropout', dropoutSuite);
    describe('Generator', generatorSuite);
    describe('adamWStep', adamWSuite);
    describe('globalNorm', globalNormSuite);
    describe('addInto', addIntoSuite);
    describe('valueAndGrads', sharedGradientSuite);
  });
}

const valuesOf = (tensor: Tensor) => Array.from(tensor.dataSync());

/** Runs a test whose tensors are freed at its end. */
const test = (title: string, body: () => void) => it(title, () => scope(body));

function tableOf(V: number, C: number): tf.Variable {
  return tf.variable(tf.reshape(tf.range(0, V * C), [V, C]));
}

function embeddingSuite(): void {
  test('takes rows by id, for ids of any rank', () => {
    const table = tf.tensor2d([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(valuesOf(embedding(table, tf.scalar(1, 'int32')))).toEqual([4, 5, 6]);
    const y = embedding(table, tf.tensor3d([[[1], [0]]], [1, 2, 1], 'int32'));
    expect(y.shape).toEqual([1, 2, 1, 3]);
    expect(valuesOf(y)).toEqual([4, 5, 6, 1, 2, 3]);
    expect(embedding(table, tf.zeros([0, 4], 'int32')).shape).toEqual([0, 4, 3]);
  });

  test('adds the gradients of a repeated id, for every width', () => {
    for (const C of [1, 3, 16, 17, 130, 300]) {
      const table = tableOf(5, C);
      const ids = tf.tensor1d([3, 0, 3, 3, 4], 'int32');
      const dy = new Generator(C).normal([5, C]);
      const { grads, value } = valueAndGrads(
        () => tf.sum(tf.mul(embedding(table, ids), dy)),
        [table],
      );
      const rows = dy.dataSync();
      const expected = new Float32Array(5 * C);
      [3, 0, 3, 3, 4].forEach((id, i) => {
        for (let c = 0; c < C; c++) expected[id * C + c]! += rows[i * C + c]!;
      });
      expect(valuesOf(grads[0]!)).toEqual([...expected]);
      tf.dispose([table, value, ...grads]);
    }
  });

  test('names an id outside the table', () => {
    const table = tf.zeros([5, 2]);
    for (const id of [5, -1, 2147483647]) {
      const lookUp = () => embedding(table, tf.tensor1d([0, id], 'int32'));
      expect(lookUp).toThrow(/ids from 0 to 4, got /);
      expect(lookUp).toThrow(`${id}`);
    }
  });

  test('refuses ids that are no int32', () => {
    expect(() => embedding(tf.zeros([2, 2]), tf.zeros([2]))).toThrow(ShapeError);
  });
}

function dropoutSuite(): void {
  const rate = 0.3;
  const scale = Math.fround(1 / (1 - rate));
  /** The definition: element i is kept where word i of stream 1 reaches the threshold. */
  const expected = (x: ArrayLike<number>, seed: number) =>
    Array.from(philoxWords(seed, 0, x.length, 1), (word, i) =>
      word < Math.ceil(rate * 2 ** 32) ? 0 : Math.fround(x[i]! * scale),
    );

  test('keeps the same elements everywhere, for every length', () => {
    for (const size of [0, 1, 3, 4, 5, 63, 64, 65, 1000, 70_001]) {
      const x = new Generator(size).normal([size]);
      expect(valuesOf(dropout(x, rate, 2 ** 40 + 7))).toEqual(expected(x.dataSync(), 2 ** 40 + 7));
    }
  });

  test('has the gradient of the elements it kept', () => {
    const x = tf.variable(tf.ones([2, 100]));
    const { value, grads } = valueAndGrads(() => tf.sum(tf.mul(dropout(x, rate, 5), 2)), [x]);
    expect(valuesOf(grads[0]!)).toEqual(expected(new Array(200).fill(2), 5));
    tf.dispose([x, value, ...grads]);
  });

  test('keeps everything at rate 0 and drops infinities and NaN', () => {
    const x = tf.tensor1d([1, NaN, Infinity, -2]);
    expect(valuesOf(dropout(x, 0, 1))).toEqual([1, NaN, Infinity, -2]);
    const dropped = valuesOf(dropout(tf.fill([1000], NaN), 0.5, 1)).filter((y) => y === 0);
    expect(dropped.length).toBeGreaterThan(400);
  });

  test('refuses a rate or seed out of range', () => {
    const x = tf.ones([2]);
    expect(() => dropout(x, 1, 0)).toThrow('dropout: rate: expected a number in [0, 1), got 1.');
    expect(() => dropout(x, 0.5, -1)).toThrow(/^dropout: seed: expected an integer/);
  });
}

function generatorSuite(): void {
  const SIZES = [0, 1, 2, 5, 64, 67, 70_001];
  const seed = 2 ** 45 + 3;
  const bits = (values: ArrayLike<number>) => new Uint32Array(Float32Array.from(values).buffer);

  test('draws the same uniform bits as the definition', () => {
    for (const size of SIZES) {
      const words = philoxWords(seed, 0, size);
      const expected = Float32Array.from(words, (word) => -1 + (word >>> 8) * 2 ** -24 * 3);
      expect(bits(valuesOf(new Generator(seed).uniform([size], -1, 2)))).toEqual(bits(expected));
    }
  });

  test('draws the same normal bits as the definition, from any position', () => {
    for (const size of SIZES) {
      const generator = new Generator(seed);
      generator.setState({ seed, counter: 2 ** 33 - 3 });
      const words = philoxWords(seed, 2 ** 33 - 3, size);
      const expected = Float32Array.from(
        words,
        (word) => 0.5 + normalQuantile((word + 0.5) * 2 ** -32) * 0.02,
      );
      expect(bits(valuesOf(generator.normal([size], 0.5, 0.02)))).toEqual(bits(expected));
      expect(generator.getState().counter).toBe(2 ** 33 - 3 + Math.ceil(size / 4));
    }
  });

  test('draws the same truncated normal bits as the definition', () => {
    const tail = 0.02275013194817921; // Φ(−2)
    const words = philoxWords(9, 0, 5000);
    const expected = Float32Array.from(
      words,
      (word) => normalQuantile(tail + (word + 0.5) * 2 ** -32 * (1 - 2 * tail)) * 2,
    );
    const drawn = valuesOf(new Generator(9).truncatedNormal([50, 100], 0, 2));
    expect(bits(drawn)).toEqual(bits(expected));
  });
}

const variablesOf = (lists: number[][]) =>
  lists.map((values, i) => tf.variable(tf.tensor(values, fixture.shapes[i]!)));

/** The largest difference, relative to the expected value or to `floor`, whichever is larger. */
function distance(actual: ArrayLike<number>, expected: readonly number[], floor: number): number {
  const errors = expected.map((e, i) => Math.abs(actual[i]! - e) / Math.max(Math.abs(e), floor));
  return Math.max(...errors);
}

function adamWSuite(): void {
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

  test('equals ten steps of torch.optim.AdamW', () => expectTorch(run(1)));
  test('multiplies gradients by gradScale first', () => expectTorch(run(0.25)));

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

  test('writes where the variables lie, and leaves a clone its old values', () => {
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

  test('takes many parameters of many sizes, empty ones too', () => {
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

  test('says which list does not fit', () => {
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

function globalNormSuite(): void {
  test('is the norm of all elements together', () => {
    const norm = globalNorm([tf.tensor1d([3, 0]), tf.tensor2d([[4]]), tf.zeros([0])]);
    expect(norm.shape).toEqual([]);
    expect(valuesOf(norm)).toEqual([5]);
  });

  test('agrees with double precision on long tensors', () => {
    const tensors = [1, 17, 70_001, 300].map((n) => new Generator(n).normal([n]));
    const squares = tensors.flatMap(valuesOf).reduce((sum, x) => sum + x * x, 0);
    // The cpu and wasm backends add float32 one by one: n · 2^-24 at worst, far less by chance.
    expect(valuesOf(globalNorm(tensors))[0]! / Math.sqrt(squares)).toBeCloseTo(1, 4);
  });

  test('passes on NaN and refuses what it cannot add', () => {
    expect(valuesOf(globalNorm([tf.tensor1d([1, NaN])]))).toEqual([NaN]);
    expect(() => globalNorm([])).toThrow(RangeError);
    expect(() => globalNorm([tf.zeros([1], 'int32')])).toThrow(ShapeError);
  });
}

function addIntoSuite(): void {
  test('adds where one of the two lies, and leaves what shares memory alone', () => {
    for (const size of [0, 1, 17, 70_001]) {
      const [a, b] = [tf.range(0, size), tf.ones([size])];
      const expected = valuesOf(tf.add(a, b));
      const alias = tf.reshape(a, [1, size]);
      const sum = addInto(a, b); // into b: a is shared
      expect(sum).toBe(b);
      expect(a.isDisposed).toBe(true);
      expect(valuesOf(sum)).toEqual(expected);
      expect(valuesOf(alias)).toEqual(Array.from({ length: size }, (_, i) => i));
    }
  });

  test('makes a new tensor when both are shared', () => {
    const [a, b] = [tf.tensor1d([1, 2]), tf.tensor1d([3, 4])];
    const aliases = [tf.clone(a), tf.clone(b)];
    expect(valuesOf(addInto(a, b))).toEqual([4, 6]);
    expect(aliases.map(valuesOf)).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  test('refuses other shapes and twice the same tensor', () => {
    const a = tf.ones([2]);
    expect(() => addInto(a, tf.ones([1]))).toThrow(ShapeError);
    expect(() => addInto(a, a)).toThrow(
      'addInto: b: expected another tensor than a, got the same.',
    );
  });
}

function sharedGradientSuite(): void {
  test('adds the gradients of a tied table', () => {
    const table = tableOf(4, 3);
    const ids = tf.tensor1d([1, 1, 3], 'int32');
    const tied = () =>
      tf.sum(tf.matMul(embedding(table, ids) as tf.Tensor2D, table as tf.Tensor2D, false, true));
    resetKernelStats();
    const { value, grads } = valueAndGrads(tied, [table]);
    // Into the output layer's gradient, without a second array of the table's size.
    if (tf.getBackend() === 'native')
      expect(kernelStats().native).not.toHaveProperty('EmbeddingGrad');
    // d/dW Σ (Wi)·W: each row gets Σ of the looked-up rows; each looked-up row gets Σ of all rows.
    const rows = [
      [0, 1, 2],
      [3, 4, 5],
      [6, 7, 8],
      [9, 10, 11],
    ];
    const looked = [0, 1, 2].map((c) => rows[1]![c]! * 2 + rows[3]![c]!);
    const all = [0, 1, 2].map((c) => rows.reduce((sum, row) => sum + row[c]!, 0));
    const counts = [0, 2, 0, 1];
    const expected = rows.flatMap((_, r) => looked.map((x, c) => x + counts[r]! * all[c]!));
    expect(valuesOf(grads[0]!)).toEqual(expected);
    expect(valuesOf(table)).toEqual(rows.flat());
    tf.dispose([table, ids, value, ...grads]);
  });

  test('never adds into memory that something else shares', () => {
    const a = tf.variable(tf.tensor1d([1, 2]));
    // tf.add passes dy on by reshape: three gradients of one buffer.
    const { value, grads } = valueAndGrads(() => tf.sum(tf.add(tf.add(a, a), tf.add(a, a))), [a]);
    expect(valuesOf(grads[0]!)).toEqual([4, 4]);
    tf.dispose([a, value, ...grads]);
  });
}
