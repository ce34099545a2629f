// LoRA of a table of embeddings [V, C]: each row i gets s·B·a_i with A [R, V], a_i its column i, and B [C, R]. A begins
// at zero and B random, so that nothing changes at first. The input, ids, is never dropped.

import {
  embedding,
  linear,
  nn,
  QuantizedWeight,
  stopGradient,
  tf,
  type Tensor,
  type Variable,
} from '@llm/tensor';
import type { EmbeddingLike, ProjectingPart } from '../adapter/adapted-layer.ts';
import type { Layer } from '../adapter/layer-part.ts';
import { AdapterError } from '../errors.ts';
import { layerKey } from '../format/keys.ts';
import { rowNorms } from './dora.ts';
import { LoraPart, type LoraPartOptions } from './lora-part.ts';

export class LoraEmbedding extends LoraPart implements ProjectingPart {
  readonly loraA: Variable; // [R, V]
  readonly loraB: Variable; // [C, R]
  readonly magnitude: Variable | undefined; // [C]
  /** Squared norms of the table's columns, [C], with DoRA. */
  readonly squares: Tensor | undefined;
  /** Whether the output layer that shares the table is adapted with it. */
  readonly isTied: boolean;

  constructor(layer: Layer, options: LoraPartOptions) {
    super(layer, options);
    const { generator, info } = options;
    const { init, useDora, loraBias, ensureWeightTying } = info.config;
    if (loraBias) {
      throw new AdapterError('lora: loraBias: expected false for embeddings, got true.');
    }
    const [V, C] = (layer as EmbeddingLike).weight.shape as readonly [number, number];
    const shape = [this.rank, V];
    this.loraA = nn.parameter(init === false ? generator.normal(shape) : tf.fill(shape, 0));
    this.loraB = nn.parameter(generator.normal([C, this.rank]));
    this.isTied = ensureWeightTying;
    if (useDora) {
      this.squares = tf.keep(tf.tidy(() => tf.sum(tf.square(table(layer)), 0)));
      this.magnitude = nn.parameter(tf.tidy(() => this.norms(layer)));
    }
  }

  protected readonly matrixKeys = ['lora_embedding_A', 'lora_embedding_B'] as const;

  protected override dropped(ids: Tensor): Tensor {
    return ids;
  }

  protected product(ids: Tensor): Tensor {
    const inner = embedding(tf.transpose(this.loraA), ids); // [.., R]
    return linear(tf.mul(inner, this.scaling), this.loraB); // [.., C]
  }

  /** x·(W + s·(B·A)ᵀ)ᵀ: the output layer's A is Bᵀ here and its B is Aᵀ. */
  project(x: Tensor, base: (x: Tensor) => Tensor): Tensor {
    if (!this.isTied) return base(x);
    const inner = tf.mul(linear(x, tf.transpose(this.loraB)), this.scaling); // [.., R]
    return tf.add(base(x), linear(inner, tf.transpose(this.loraA)));
  }

  override derivedEntries(): [string, Tensor][] {
    if (!this.isTied) return [];
    return [
      [layerKey('lm_head', 'lora_A.weight'), tf.transpose(this.loraB)], // [R, C]
      [layerKey('lm_head', 'lora_B.weight'), tf.transpose(this.loraA)], // [V, R]
    ];
  }

  delta(): Tensor {
    return tf.tidy(() => tf.mul(tf.matMul(this.loraA, this.loraB, true, true), this.scaling)); // [V, C]
  }

  protected norms(layer: Layer): Tensor {
    const a = stopGradient(this.loraA);
    const cross = tf.matMul(a, table(layer)); // [R, C]
    const b = stopGradient(this.loraB);
    return rowNorms({ squares: this.squares!, cross, a, b, scaling: this.scaling });
  }

  protected alongWeight(factors: Tensor): Tensor {
    return factors; // [C]
  }
}

function table(layer: Layer): Tensor {
  const { weight } = layer as EmbeddingLike;
  return weight instanceof QuantizedWeight ? weight.dequantize() : weight;
}
