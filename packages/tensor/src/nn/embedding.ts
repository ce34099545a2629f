import * as tf from '@tensorflow/tfjs-core';
import { linear } from '../ops/linear.ts';
import { embedding } from '../ops/embedding.ts';
import type { Generator } from '../random/generator.ts';
import { Module } from './module.ts';
import { parameter } from './parameter.ts';

/** How a table starts. */
export interface EmbeddingOptions {
  /** Where initial values come from; null leaves zeros, for a checkpoint to fill. */
  generator: Generator | null;
  /** Values come from N(0, std²). @default 1 */
  std?: number;
}

/** A table of vectors looked up by id. */
export class Embedding extends Module {
  readonly weight: tf.Variable; // [V, C]

  constructor(vocabSize: number, hiddenSize: number, options: EmbeddingOptions) {
    super();
    const { generator, std = 1 } = options;
    const shape = [vocabSize, hiddenSize];
    this.weight = parameter(generator?.normal(shape, 0, std) ?? tf.fill(shape, 0));
  }

  /** Ids int32 [..] → [.., C]; the caller owns the result. */
  forward(ids: tf.Tensor): tf.Tensor {
    return embedding(this.weight, ids);
  }

  /** x [.., C] → [.., V], x·Wᵀ: the output layer of a model whose embeddings are tied. */
  project(x: tf.Tensor): tf.Tensor {
    return linear(x, this.weight);
  }
}
