import * as tf from '@tensorflow/tfjs-core';
import { linear } from '../ops/linear.ts';
import type { Generator } from '../random/generator.ts';
import { Module } from './module.ts';
import { parameter } from './parameter.ts';

/** How a layer starts. */
export interface LinearOptions {
  /** Whether to add a bias. @default true */
  hasBias?: boolean;
  /** Where initial values come from; null leaves zeros, for a checkpoint to fill. */
  generator: Generator | null;
  /** Weights from N(0, std²) and a zero bias, as GPT-2. Default: weights and bias uniform within
   *  ±1/√inFeatures, as torch.nn.Linear (Kaiming uniform with a = √5). */
  std?: number;
}

/** y = x·Wᵀ + b. */
export class Linear extends Module {
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly weight: tf.Variable; // [O, I]
  readonly bias?: tf.Variable; // [O]

  constructor(inFeatures: number, outFeatures: number, options: LinearOptions) {
    super();
    const { hasBias = true, generator, std } = options;
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    const bound = 1 / Math.sqrt(inFeatures);
    const draw = (shape: number[]) =>
      std === undefined
        ? generator?.uniform(shape, -bound, bound)
        : shape.length > 1
          ? generator?.normal(shape, 0, std)
          : undefined;
    const weightShape = [outFeatures, inFeatures];
    this.weight = parameter(draw(weightShape) ?? tf.fill(weightShape, 0));
    if (hasBias) this.bias = parameter(draw([outFeatures]) ?? tf.zeros([outFeatures]));
  }

  /** [.., I] → [.., O]; the caller owns the result. */
  forward(x: tf.Tensor): tf.Tensor {
    return linear(x, this.weight, this.bias);
  }
}
