// Merges an adapter into the base weights, so that serving it costs nothing, and takes it out again.

import { Generator, nn, scope, tf, type Tensor } from '@llm/tensor';
import { AdaptedLayer, isEmbedding } from './adapter/adapted-layer.ts';
import { placesOf, removeAdapters } from './adapter/adapters.ts';
import { LayerPart, type Layer, type ParameterValues } from './adapter/layer-part.ts';
import { AdapterError } from './errors.ts';
import { isLinear } from './targets/match-targets.ts';

export interface MergeReport {
  /** Layers whose parameters changed. */
  readonly layers: number;
  /** Largest change of one parameter. */
  readonly maxChange: number;
  /** Largest error that unmerging would leave in one parameter, from rounding. */
  readonly maxRestoreError: number;
  /** Largest difference between a layer's outputs with the adapter beside it and with it merged, over the largest
   *  output: measured on random inputs of linear layers and on ids of embeddings. */
  readonly maxOutputDifference: number;
}

interface MergingLayer {
  readonly path: string;
  readonly layer: AdaptedLayer;
  readonly part: LayerPart;
}

/**
 * Merges one adapter. Outputs stay what they were with it active, up to rounding (see MergeReport).
 * @throws AdapterError, with nothing changed, when it is merged already, a layer cannot take it up, or a merged weight
 *   would not be finite
 */
export function mergeAdapter(model: nn.Module, name = 'default'): MergeReport {
  const layers = mergingLayers(model, name);
  for (const layer of layers) checkMergeable(layer, name);
  for (const layer of layers) tf.tidy(() => checkFinite(layer, name));
  const reports = layers.map((layer) => scope(() => mergeLayer(layer, name)));
  const largestOf = (key: keyof LayerReport) => Math.max(...reports.map((report) => report[key]));
  return {
    layers: layers.length,
    maxChange: largestOf('maxChange'),
    maxRestoreError: largestOf('maxRestoreError'),
    maxOutputDifference: largestOf('maxOutputDifference'),
  };
}

type LayerReport = Omit<MergeReport, 'layers'>;

function mergeLayer({ path, layer, part }: MergingLayer, name: string): LayerReport {
  const { baseLayer } = layer;
  const probe = probeFor(baseLayer);
  const output = probe && outputWith(part, baseLayer, probe);
  part.beforeMerge(baseLayer);
  const values = part.mergedValues(baseLayer, path);
  const before = values.map(([parameter]) => tf.clone(parameter));
  const changes = values.map(([parameter, value]) => largest(tf.sub(value, parameter)));
  assign(values);
  layer.merged = [...layer.merged, name];
  const errors = part
    .unmergedValues(baseLayer)
    .map(([, value], i) => largest(tf.sub(value, before[i]!)));
  return {
    maxChange: Math.max(...changes),
    maxRestoreError: Math.max(...errors),
    maxOutputDifference: probe && output ? outputDifference(baseLayer, probe, output) : 0,
  };
}

/** Takes a merged adapter out of the weights again; they come back up to rounding (maxRestoreError). */
export function unmergeAdapter(model: nn.Module, name = 'default'): void {
  const layers = mergingLayers(model, name);
  if (!layers.every(({ layer }) => layer.merged.includes(name))) {
    throw new AdapterError(`unmergeAdapter: "${name}" is not merged. Call mergeAdapter first.`);
  }
  for (const { layer, part } of layers) {
    assign(part.unmergedValues(layer.baseLayer));
    part.afterUnmerge();
    layer.merged = layer.merged.filter((other) => other !== name);
  }
}

/** Merges the named adapters one after the other and removes all: a plain model with their sum. */
export function mergeAndRemove(model: nn.Module, names: readonly string[] = ['default']): void {
  for (const name of names) mergeAdapter(model, name);
  removeAdapters(model);
}

/** The layers with this adapter. Throws AdapterError when some of it is not beside a layer. */
function mergingLayers(model: nn.Module, name: string): MergingLayer[] {
  return placesOf(model, name).map(({ path, site, part }) => {
    if (site instanceof AdaptedLayer && part instanceof LayerPart) {
      return { path, layer: site, part };
    }
    throw new AdapterError(
      `mergeAdapter: name: expected an adapter of weights, got "${name}" of type ${part.info.method.peftType}, ` +
        'which has no weights to be added to. Keep it as an adapter.',
    );
  });
}

function checkMergeable({ path, layer, part }: MergingLayer, name: string): void {
  if (layer.merged.includes(name)) {
    throw new AdapterError(`mergeAdapter: "${name}" is merged already.`);
  }
  const alone = layer.merged.find((other) => layer.adapter(other)?.mergesAlone);
  if (layer.merged.length === 0 || !(part.mergesAlone || alone)) return;
  throw new AdapterError(
    `mergeAdapter: ${path}: expected no other merged adapter, because ${alone ?? name} rescales or replaces the ` +
      `layer, got ${layer.merged.join(', ')}. Call unmergeAdapter first.`,
  );
}

function assign(values: ParameterValues): void {
  for (const [parameter, value] of values) nn.assignParameter(parameter, value, 'merged');
}

/** Throws AdapterError for values that are not finite. */
function checkFinite({ path, layer, part }: MergingLayer, name: string): void {
  const values = part.mergedValues(layer.baseLayer, path);
  const sums = values.map(([, value]) => first(tf.sum(tf.abs(value)))); // a sum cannot pass a NaN over, as a maximum may
  const total = sums.reduce((sum, value) => sum + value, 0);
  if (Number.isFinite(total)) return;
  throw new AdapterError(
    `mergeAdapter: ${path}: expected finite weights, got a sum of ${total} after merging "${name}". ` +
      'Nothing was changed; the adapter is damaged.',
  );
}

const PROBE_ROWS = 4;

/** Inputs that a layer of a known kind takes: [4, I], or ids [4]. */
function probeFor(layer: Layer): Tensor | undefined {
  const generator = new Generator(0);
  const [rows = 1, columns = 1] = layer.weight?.shape ?? [];
  if (isEmbedding(layer)) {
    const ids = Array.from({ length: PROBE_ROWS }, () => generator.nextInt(rows));
    return tf.tensor1d(ids, 'int32');
  }
  return isLinear(layer) ? generator.normal([PROBE_ROWS, columns]) : undefined;
}

function outputWith(part: LayerPart, layer: Layer, probe: Tensor): Tensor {
  const base = (x: Tensor) => layer.forward(x);
  return inEvaluation([part, layer], () => part.forward(probe, base, layer));
}

/** The largest difference over the largest output. */
function outputDifference(layer: Layer, probe: Tensor, before: Tensor): number {
  const after = inEvaluation([layer], () => layer.forward(probe));
  return largest(tf.sub(after, before)) / Math.max(largest(before), Number.MIN_VALUE);
}

/** Without dropout. */
function inEvaluation<T>(roots: readonly nn.Module[], fn: () => T): T {
  const modules = roots.flatMap((root) => Array.from(root.namedModules(), ([, module]) => module));
  const training = modules.map((module) => module.training);
  for (const module of modules) module.training = false;
  try {
    return fn();
  } finally {
    modules.forEach((module, i) => (module.training = training[i]!));
  }
}

const first = (x: Tensor): number => x.dataSync<'float32'>()[0] ?? NaN;
const largest = (x: Tensor): number => first(tf.max(tf.abs(x)));
