// A linear layer with adapters beside it: y = W·x + b + Σ s·B(A(dropout(x))) over the active ones. It stands where
// the layer stood (Module.setModule), so a model needs to know nothing of it.

import { nn, QuantizedWeight, scope, tf, type Tensor, type Variable } from '@llm/tensor';
import type { LoraAdapter } from './lora-adapter.ts';

/** What can be adapted: any module with `forward(x)` and a weight [O, I], quantised (QLoRA) or not. */
export interface LinearLike extends nn.Module {
  readonly weight: Variable | QuantizedWeight; // [O, I]
  readonly bias?: Variable; // [O]
  forward(x: Tensor): Tensor;
}

/** Whether a module can be adapted. An embedding has such a weight too, but takes ids. */
export function isLinearLike(module: nn.Module): module is LinearLike {
  if (module instanceof nn.Embedding || module instanceof nn.QuantizedEmbedding) return false;
  const { weight, forward } = module as { weight?: unknown; forward?: unknown };
  const isMatrix = weight instanceof tf.Variable && weight.rank === 2;
  return (isMatrix || weight instanceof QuantizedWeight) && typeof forward === 'function';
}

export class LoraLinear extends nn.Module {
  readonly baseLayer: LinearLike;
  readonly adapters: Record<string, LoraAdapter> = {};
  /** Names of the adapters that take part, in the order of their sum. */
  active: readonly string[] = [];
  /** Names of the adapters that are added into the base weight at present. */
  merged: readonly string[] = [];

  constructor(baseLayer: LinearLike) {
    super();
    this.baseLayer = baseLayer;
    this.training = baseLayer.training;
  }

  /** The base layer's own, for models that read it. */
  get weight(): Variable | QuantizedWeight {
    return this.baseLayer.weight;
  }

  get bias(): Variable | undefined {
    return this.baseLayer.bias;
  }

  /** This layer's part of the adapter, if it has one. */
  adapter(name: string): LoraAdapter | undefined {
    return Object.hasOwn(this.adapters, name) ? this.adapters[name] : undefined;
  }

  /** [.., I] → [.., O]; the caller owns the result. */
  forward(x: Tensor): Tensor {
    return scope(() => {
      const base = this.baseLayer.forward(x);
      return this.#separate().reduce((sum, adapter) => tf.add(sum, adapter.forward(x)), base);
    });
  }

  /** The active adapters that are not merged into the weight. */
  #separate(): LoraAdapter[] {
    return this.active
      .filter((name) => !this.merged.includes(name))
      .flatMap((name) => this.adapter(name) ?? []);
  }
}

/** Every adapted layer of a model with its path. */
export function loraLayers(model: nn.Module): [path: string, layer: LoraLinear][] {
  const layers: [string, LoraLinear][] = [];
  for (const [path, module] of model.namedModules()) {
    if (module instanceof LoraLinear) layers.push([path, module]);
  }
  return layers;
}
