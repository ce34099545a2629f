// A layer with adapters around it. It stands where the layer stood (Module.setModule), so a model needs to know
// nothing of it.

import { nn, QuantizedWeight, scope, tf, type Tensor, type Variable } from '@llm/tensor';
import { AdapterPart, AdapterSite } from './adapter-site.ts';

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

/** An adapter's share in one layer. */
export abstract class LayerPart extends AdapterPart {
  /** The layer's output with this adapter. `base` is the layer without it, perhaps with others. */
  abstract forward(x: Tensor, base: (x: Tensor) => Tensor): Tensor;

  /** ΔW, what merging adds to the layer's weight; the caller owns it. */
  abstract delta(): Tensor;
}

/** A layer with adapters around it: y = p₂(x, p₁(·, base)), each active part around the ones before. */
export class AdaptedLayer extends AdapterSite<LayerPart> {
  readonly baseLayer: LinearLike;

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

  /** [.., I] → [.., O]; the caller owns the result. */
  forward(x: Tensor): Tensor {
    return scope(() => {
      const layer = (input: Tensor) => this.baseLayer.forward(input);
      const adapted = this.activeParts().reduce(
        (base, part) => (input: Tensor) => part.forward(input, base),
        layer,
      );
      return adapted(x);
    });
  }

  detach(model: nn.Module, path: string): void {
    model.setModule(path, this.baseLayer);
  }
}

/** Every adapted layer of a model with its path. */
export function adaptedLayers(model: nn.Module): [path: string, layer: AdaptedLayer][] {
  return Array.from(model.namedModules()).filter(
    (entry): entry is [string, AdaptedLayer] => entry[1] instanceof AdaptedLayer,
  );
}

/** Adds a part of the adapter `name` to the layer at `path`, which becomes an adapted one. */
export function addPart(model: nn.Module, path: string, name: string, part: LayerPart): void {
  const layer = model.getModule(path) as LinearLike | AdaptedLayer;
  const adapted = layer instanceof AdaptedLayer ? layer : new AdaptedLayer(layer);
  for (const [, module] of part.namedModules()) module.training = adapted.training;
  adapted.adapters[name] = part;
  if (adapted !== layer) model.setModule(path, adapted);
}
