// For tests: a small regression problem with dropout and batches of uneven size.

import { Generator, nn, tf, type Tensor } from '@llm/tensor';
import {
  adamw,
  cosine,
  mapBatches,
  shuffledBatches,
  type BatchSource,
  type TrainOptions,
} from '../index.ts';

export class TinyModel extends nn.Module {
  up: nn.Linear; // [5, 3]
  drop: nn.Dropout;
  outProj: nn.Linear; // [2, 5]

  constructor(generator: Generator, rate = 0.2) {
    super();
    this.up = new nn.Linear(3, 5, { generator });
    this.drop = new nn.Dropout(rate, { generator });
    this.outProj = new nn.Linear(5, 2, { generator, hasBias: false });
  }

  /** [N, 3] → [N, 2] */
  forward(x: Tensor): Tensor {
    return this.outProj.forward(this.drop.forward(tf.tanh(this.up.forward(x))));
  }
}

export interface Pairs {
  readonly x: Tensor; // [N, 3]
  readonly y: Tensor; // [N, 2]
}

/** Example i of a fixed data set: inputs from sines, outputs a smooth function of them. */
export function pairsOf(indices: ArrayLike<number>): Pairs {
  const x = Array.from(indices, (i) => [0, 1, 2].map((j) => Math.sin(1 + 3 * i + 7 * j)));
  const y = x.map(([a = 0, b = 0, c = 0]) => [a * b + c, a - 0.5 * c]);
  return { x: tf.tensor2d(x), y: tf.tensor2d(y) };
}

export function pairBatches(seed: number, batchSize = 4): BatchSource<Pairs> {
  return mapBatches(shuffledBatches(23, batchSize, new Generator(seed)), pairsOf);
}

/** Mean squared error over the rows of a batch. */
export function squaredError(model: TinyModel, { x, y }: Pairs): Tensor {
  return tf.mean(tf.sum(tf.square(tf.sub(model.forward(x), y)), -1));
}

/** Every parameter's bytes, for comparing bit by bit. */
export function bitsOf(model: nn.Module): string[] {
  return model.parameters().map(hexOf);
}

export function hexOf(tensor: Tensor): string {
  return Buffer.from(tensor.dataSync().slice().buffer).toString('hex');
}

/** The parts of one run, made anew from seeds: dropout, uneven micro-batches, a schedule, a generator. */
export function tinyRun(overrides: Partial<TrainOptions<Pairs>> = {}): TrainOptions<Pairs> {
  const generator = new Generator(1);
  const model = new TinyModel(generator);
  return {
    model,
    loss: (batch) => squaredError(model, batch),
    batches: pairBatches(2, 5),
    optimizer: adamw({ learningRate: 0.02 }),
    schedule: cosine({ learningRate: 0.05, steps: 12, warmupSteps: 2 }),
    steps: 12,
    accumulation: 2,
    generator,
    ...overrides,
  };
}
