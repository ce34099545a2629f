// A layer with adapters around it. It stands where the layer stood (Module.setModule), so a model needs to know
// nothing of it.

import type { QuantizedWeight } from '@llm/tensor';
import { nn, scope, type Tensor, type Variable } from '@llm/tensor';
import { AdapterError } from '../errors.ts';
import { AdapterSite } from './adapter-site.ts';
import type { Layer, LayerPart } from './layer-part.ts';
import { forwardRows, type Change } from './rows.ts';

/** y = p₂(x, p₁(·, base)): each active part around the ones before. */
export class AdaptedLayer extends AdapterSite<LayerPart> implements Layer {
  readonly baseLayer: Layer;

  constructor(baseLayer: Layer) {
    super();
    this.baseLayer = baseLayer;
    this.training = baseLayer.training;
  }

  /** The base layer's own, for models that read it. */
  get weight(): Variable | QuantizedWeight | undefined {
    return this.baseLayer.weight;
  }

  get bias(): Variable | undefined {
    return this.baseLayer.bias;
  }

  /** x and the result as the base layer has them; the caller owns the result. */
  forward(x: Tensor, ...rest: unknown[]): Tensor {
    const base = (input: Tensor) => this.baseLayer.forward(input, ...rest);
    const { rowAdapters, baseLayer } = this;
    return scope(() => {
      if (!rowAdapters) return this.adapted(base)(x);
      return forwardRows(x, rowAdapters, base, (name) => {
        const part = this.adapter(name);
        return part && ((input, rows) => part.forward(input, rows, baseLayer));
      });
    });
  }

  /** `layer` with the active parts around it. */
  protected adapted(layer: (x: Tensor) => Tensor): (x: Tensor) => Tensor {
    const parts = this.activeParts();
    if (this.merged.length > 0 && parts.some((part) => part.mergesAlone)) {
      throw new AdapterError(
        `forward: adapters: expected none that rescales or replaces a layer into which ${this.merged.join(', ')} is merged. ` +
          'Call unmergeAdapter first.',
      );
    }
    return parts.reduce(
      (base, part) => (input: Tensor) => part.forward(input, base, this.baseLayer),
      layer,
    );
  }

  detach(model: nn.Module, path: string): void {
    model.setModule(path, this.baseLayer);
  }
}

/** A table of embeddings that may be the output layer, too, when a model ties them. */
export type EmbeddingLike = nn.Embedding | nn.QuantizedEmbedding;

/** A part that also changes what a tied embedding gives as output layer. */
export interface ProjectingPart extends LayerPart {
  /** x [.., C] → [.., V]; arguments as `forward`. */
  project(x: Tensor, base: (x: Tensor) => Tensor, layer: EmbeddingLike): Tensor;
}

/** An adapted table of embeddings. */
export class AdaptedEmbedding extends AdaptedLayer {
  declare readonly baseLayer: EmbeddingLike & Layer;

  /** x [.., C] → [.., V]: the output layer of a model whose embeddings are tied. Adapters of the table leave it alone,
   *  as in PEFT, unless they keep the two tied. */
  project(x: Tensor): Tensor {
    const { baseLayer, rowAdapters } = this;
    const base = (input: Tensor) => baseLayer.project(input);
    const change = (part: LayerPart | undefined): Change | undefined =>
      part && 'project' in part
        ? (input, before) => (part as ProjectingPart).project(input, before, baseLayer)
        : undefined;
    return scope(() => {
      if (rowAdapters) {
        return forwardRows(x, rowAdapters, base, (name) => change(this.adapter(name)));
      }
      const changes = this.activeParts().flatMap((part) => change(part) ?? []);
      const adapted = changes.reduce<(x: Tensor) => Tensor>(
        (before, next) => (input) => next(input, before),
        base,
      );
      return adapted(x);
    });
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
  const layer = model.getModule(path) as Layer;
  const adapted = layer instanceof AdaptedLayer ? layer : wrap(layer);
  for (const [, module] of part.namedModules()) module.training = adapted.training;
  adapted.adapters[name] = part;
  if (adapted !== layer) model.setModule(path, adapted);
}

function wrap(layer: Layer): AdaptedLayer {
  return isEmbedding(layer) ? new AdaptedEmbedding(layer) : new AdaptedLayer(layer);
}

export function isEmbedding(layer: nn.Module): layer is EmbeddingLike & Layer {
  return layer instanceof nn.Embedding || layer instanceof nn.QuantizedEmbedding;
}

/** What an adapted layer is made of: the bare layer and the adapters' modules, but not what is inside the bare layer. */
export function ownModules({ baseLayer, adapters }: AdaptedLayer): nn.Module[] {
  const parts = Object.values(adapters).flatMap((part) => Array.from(part.namedModules()));
  return [baseLayer, ...parts.map(([, module]) => module)];
}
