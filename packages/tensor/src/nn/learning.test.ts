// Small networks learn small tasks from data that is made here, and are right about data they have not seen.
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { valueAndGrads } from '../autodiff/index.ts';
import { useBackend } from '../backends/use-backend.ts';
import { memoryStats } from '../memory/statistics.ts';
import { scope } from '../memory/scope.ts';
import { adamWStep } from '../ops/adam-w-step.ts';
import { crossEntropy } from '../ops/cross-entropy.ts';
import { Generator } from '../random/generator.ts';
import {
  AdaptiveAvgPool2d,
  BatchNorm,
  Conv2d,
  GRU,
  Linear,
  LSTM,
  MaxPool2d,
  Module,
  PReLU,
  parameter,
} from './index.ts';

interface Batch {
  readonly x: tf.Tensor;
  readonly labels: tf.Tensor; // int32 [B]
  readonly lengths?: number[];
}

type Classifier = Module & { forward(batch: Batch): tf.Tensor };

beforeAll(() => useBackend('native'));

function train(model: Classifier, makeBatch: () => Batch, steps: number): void {
  const params = model.trainableParameters();
  const zeros = () => params.map((p) => parameter(tf.zeros(p.shape)));
  const [mu, nu] = [zeros(), zeros()];
  const options = { learningRate: 0.01, b1: 0.9, b2: 0.999, eps: 1e-8, weightDecay: 0 };
  for (let step = 1; step <= steps; step++) {
    scope(() => {
      const batch = makeBatch();
      const loss = () => scope(() => crossEntropy(model.forward(batch), batch.labels));
      const { grads } = valueAndGrads(loss, params);
      adamWStep({ params, grads, mu, nu }, { ...options, step });
    });
  }
  tf.dispose([mu, nu]);
}

function accuracy(model: Classifier, batch: Batch): number {
  model.eval();
  return scope(() => {
    const isRight = tf.equal(tf.argMax(model.forward(batch), -1), batch.labels);
    return tf.mean(tf.cast(isRight, 'float32')).dataSync()[0] as never;
  }) as unknown as number;
}

class SmallCnn extends Module {
  readonly first: Conv2d;
  readonly norm = new BatchNorm(8);
  readonly activation = new PReLU(8);
  readonly pool = new MaxPool2d(2);
  readonly second: Conv2d;
  readonly average = new AdaptiveAvgPool2d(1);
  readonly head: Linear;

  constructor(generator: Generator) {
    super();
    this.first = new Conv2d(1, 8, 3, { padding: 1, generator });
    this.second = new Conv2d(8, 16, 3, { generator });
    this.head = new Linear(16, 3, { generator });
  }

  forward({ x }: Batch): tf.Tensor {
    const features = this.activation.forward(this.norm.forward(this.first.forward(x)));
    const wide = tf.relu(this.second.forward(this.pool.forward(features)));
    const pooled = this.average.forward(wide); // [B, 1, 1, 16]
    return this.head.forward(tf.reshape(pooled, [x.shape[0] as number, 16]));
  }
}

const SIDE = 10;

/** Noisy pictures of a horizontal line, a vertical line or a diagonal, anywhere. */
function pictures(generator: Generator, count: number): Batch {
  const labels = Array.from({ length: count }, () => generator.nextInt(3));
  const pixels = labels.flatMap((label) => {
    const place = generator.nextInt(SIDE);
    const isLine = [
      (row: number) => row === place,
      (_row: number, column: number) => column === place,
      (row: number, column: number) => (row + column) % SIDE === place,
    ][label] as (row: number, column: number) => boolean;
    return Array.from({ length: SIDE * SIDE }, (_, i) => {
      const isSet = isLine(Math.floor(i / SIDE), i % SIDE);
      return (isSet ? 1 : 0) + 0.5 * (generator.uniformNumber() - 0.5);
    });
  });
  return { x: tf.tensor4d(pixels, [count, SIDE, SIDE, 1]), labels: tf.tensor1d(labels, 'int32') };
}

it('a convolutional network tells lines by their direction', () => {
  const generator = new Generator(1);
  const model = new SmallCnn(generator);
  const before = memoryStats().liveTensors;
  train(model, () => pictures(generator, 32), 150);
  const isRight = scope(() => accuracy(model, pictures(generator, 300)) as never) as number;
  expect(isRight).toBeGreaterThan(0.95); // chance is 1/3
  expect(memoryStats().liveTensors).toBe(before);
  model.dispose();
}, 60_000);

const SYMBOLS = 4;

/** One layer that reads a row of symbols, and a guess of which came first. */
class Recall extends Module {
  readonly head: Linear;
  constructor(
    readonly reader: LSTM | GRU,
    generator: Generator,
  ) {
    super();
    this.head = new Linear(16, SYMBOLS, { generator });
  }

  forward({ x, lengths }: Batch): tf.Tensor {
    const { hidden } = this.reader.forward(x, lengths && { lengths });
    return this.head.forward(tf.squeeze(hidden, [0]));
  }
}

/** Rows of 4 to 12 random symbols, one-hot, padded with noise; the label is the first. */
function rows(generator: Generator, count: number): Batch {
  const lengths = Array.from({ length: count }, () => 4 + generator.nextInt(9));
  const ids = lengths.map(() => Array.from({ length: 12 }, () => generator.nextInt(SYMBOLS)));
  const labels = ids.map((row) => row[0] as number);
  const x = tf.oneHot(tf.tensor2d(ids, [count, 12], 'int32'), SYMBOLS);
  return { x: tf.cast(x, 'float32'), labels: tf.tensor1d(labels, 'int32'), lengths };
}

it.each([
  ['LSTM', LSTM],
  ['GRU', GRU],
] as const)(
  'an %s recalls what it read first',
  (_name, Layer) => {
    const generator = new Generator(2);
    const model = new Recall(new Layer(SYMBOLS, 16, { generator }), generator);
    train(model, () => rows(generator, 64), 400);
    const isRight = scope(() => accuracy(model, rows(generator, 300)) as never) as number;
    expect(isRight).toBeGreaterThan(0.95); // chance is 1/4
    model.dispose();
  },
  60_000,
);
