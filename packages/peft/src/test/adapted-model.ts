// For tests: a small model of a user's own, and what tests do with it.

import { Generator, nn, tf, type Tensor } from '@llm/tensor';
import { expect } from 'vitest';
import { adaptedLayers } from '../adapter/adapted-layer.ts';
import { adapterParameters } from '../format/adapter-files.ts';
import { LoraPart } from '../lora/lora-part.ts';

/** Two blocks of linear layers, a norm and a head. I 3, inner 5, O 4. */
class Block extends nn.Module {
  qProj: nn.Module & { forward(x: Tensor): Tensor };
  downProj: nn.Module & { forward(x: Tensor): Tensor };
  constructor(generator: Generator) {
    super();
    this.qProj = new nn.Linear(3, 5, { generator });
    this.downProj = new nn.Linear(5, 3, { generator, hasBias: false });
  }
  forward(x: Tensor): Tensor {
    return tf.add(x, this.downProj.forward(tf.tanh(this.qProj.forward(x))));
  }
}

export class Model extends nn.Module {
  embedTokens: nn.Embedding;
  layers: Block[];
  norm = new nn.RMSNorm(3, {});
  lmHead: nn.Module & { forward(x: Tensor): Tensor };
  constructor(seed = 1) {
    super();
    const generator = new Generator(seed);
    this.embedTokens = new nn.Embedding(6, 3, { generator });
    this.layers = [new Block(generator), new Block(generator)];
    this.lmHead = new nn.Linear(3, 4, { generator, hasBias: false });
  }
  forward(x: Tensor): Tensor {
    const hidden = this.layers.reduce((h, layer) => layer.forward(h), x);
    return this.lmHead.forward(this.norm.forward(hidden));
  }
}

export const output = (model: Model) =>
  tf.tidy(() => [...model.forward(tf.tensor2d([0.5, -1, 2, 1, 0, -0.5], [2, 3])).dataSync()]);

/** The parts of a LoRA adapter, in module order. */
export function loraParts(model: nn.Module, name = 'default'): [path: string, part: LoraPart][] {
  return adaptedLayers(model).flatMap(([path, layer]): [string, LoraPart][] => {
    const part = layer.adapter(name);
    return part instanceof LoraPart ? [[path, part]] : [];
  });
}

/** Gives B values, as training would. */
export function randomizeB(model: nn.Module, name = 'default', seed = 9, std = 1): void {
  const generator = new Generator(seed);
  for (const [, { loraB }] of loraParts(model, name)) {
    nn.assignParameter(loraB, generator.normal(loraB.shape, 0, std), 'loraB');
  }
}

/** Moves all that an adapter trains, as training would. */
export function shakeAdapter(model: nn.Module, name = 'default', seed = 9, std = 0.3): void {
  const generator = new Generator(seed);
  for (const [key, parameter] of adapterParameters(model, name)) {
    const moved = tf.tidy(() => tf.add(parameter, generator.normal(parameter.shape, 0, std)));
    nn.assignParameter(parameter, moved, key);
  }
}

export function expectClose(
  got: readonly number[],
  expected: readonly number[],
  tolerance = 1e-5,
): void {
  expect(Math.max(...got.map((value, i) => Math.abs(value - expected[i]!)))).toBeLessThan(
    tolerance,
  );
}
