// Adds an adapter into the base weights, W ← W + ΔW, so that serving it costs nothing, and takes it out again.

import { nn, QuantizedWeight, tf, type Tensor, type Variable } from '@llm/tensor';
import { AdaptedLayer, LayerPart, type LinearLike } from './adapter/adapted-layer.ts';
import { placesOf, removeAdapters } from './adapter/adapters.ts';
import { AdapterError } from './errors.ts';

export interface MergeReport {
  /** Layers whose weight changed. */
  readonly layers: number;
  /** Largest change of one weight. */
  readonly maxChange: number;
  /** Largest error that unmerging would leave in one weight, from rounding. */
  readonly maxRestoreError: number;
}

/**
 * Merges one adapter. Outputs stay what they were with it active, up to rounding.
 * @throws AdapterError, with nothing changed, when it is merged already or a merged weight would not be finite
 */
export function mergeAdapter(model: nn.Module, name = 'default'): MergeReport {
  const layers = mergeableLayers(model, name);
  if (layers.some(({ layer }) => layer.merged.includes(name))) {
    throw new AdapterError(`mergeAdapter: "${name}" is merged already.`);
  }
  const changes = layers.map(({ path, layer, part }) => {
    const weight = floatWeight(path, layer);
    const change = tf.tidy(() => measure(weight, part.delta()));
    if (Number.isFinite(change.total)) return change;
    throw new AdapterError(
      `mergeAdapter: ${path}: expected finite weights, got a sum of ${change.total} after merging "${name}". ` +
        'Nothing was changed; the adapter is damaged.',
    );
  });
  for (const { layer, part } of layers) {
    addToWeight(layer.baseLayer, part.delta(), 1);
    layer.merged = [...layer.merged, name];
  }
  return {
    layers: layers.length,
    maxChange: Math.max(...changes.map(({ maxChange }) => maxChange)),
    maxRestoreError: Math.max(...changes.map(({ maxRestoreError }) => maxRestoreError)),
  };
}

/** Takes a merged adapter out of the weights again; they come back up to rounding (maxRestoreError). */
export function unmergeAdapter(model: nn.Module, name = 'default'): void {
  const layers = mergeableLayers(model, name);
  if (!layers.every(({ layer }) => layer.merged.includes(name))) {
    throw new AdapterError(`unmergeAdapter: "${name}" is not merged. Call mergeAdapter first.`);
  }
  for (const { layer, part } of layers) {
    addToWeight(layer.baseLayer, part.delta(), -1);
    layer.merged = layer.merged.filter((other) => other !== name);
  }
}

/** Merges the named adapters one after the other and removes all: a plain model with their sum. */
export function mergeAndRemove(model: nn.Module, names: readonly string[] = ['default']): void {
  for (const name of names) mergeAdapter(model, name);
  removeAdapters(model);
}

/** The layers with this adapter. Throws AdapterError when some of it is not beside a layer. */
function mergeableLayers(model: nn.Module, name: string) {
  return placesOf(model, name).map(({ path, site, part }) => {
    if (site instanceof AdaptedLayer && part instanceof LayerPart)
      return { path, layer: site, part };
    throw new AdapterError(
      `mergeAdapter: name: expected an adapter of weights, got "${name}" of type ${part.info.method.peftType}, ` +
        'which has no weights to be added to. Keep it as an adapter.',
    );
  });
}

/** Throws AdapterError for a layer whose weight cannot take a sum up. */
function floatWeight(path: string, { weight }: LinearLike): Variable {
  if (!(weight instanceof QuantizedWeight)) return weight;
  throw new AdapterError(
    `mergeAdapter: ${path}: expected a float32 weight, got ${weight.type}. Load the model with weights: 'float32'.`,
  );
}

/** Takes `delta` over. */
function addToWeight(layer: LinearLike, delta: Tensor, sign: 1 | -1): void {
  const weight = floatWeight('weight', layer);
  const sum = tf.tidy(() => (sign > 0 ? tf.add(weight, delta) : tf.sub(weight, delta)));
  delta.dispose();
  nn.assignParameter(weight, sum, 'weight');
}

function measure(weight: Tensor, delta: Tensor) {
  const merged = tf.add(weight, delta);
  const first = (x: Tensor) => x.dataSync()[0] ?? NaN;
  const largest = (x: Tensor) => first(tf.max(tf.abs(x)));
  return {
    total: first(tf.sum(tf.abs(merged))), // a sum cannot pass a NaN over, as a maximum may
    maxChange: largest(tf.sub(merged, weight)),
    maxRestoreError: largest(tf.sub(tf.sub(merged, delta), weight)),
  };
}
