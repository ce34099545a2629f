// A new LoRA adapter made of others with weights, as PEFT's add_weighted_adapter.

import { Generator, nn, scope, tf, type Tensor } from '@llm/tensor';
import { adaptedLayers, addPart } from '../adapter/adapted-layer.ts';
import { activate, activeAdapters, placesOf } from '../adapter/adapters.ts';
import { checkNewName } from '../adapter/insert-adapter.ts';
import type { AdapterInfo } from '../adapter/method.ts';
import { AdapterError } from '../errors.ts';
import { topSingular } from '../linalg/singular-vectors.ts';
import type { LoraConfig } from '../lora/lora-config.ts';
import { partFor } from '../lora/lora-method.ts';
import { LoraPart } from '../lora/lora-part.ts';
import {
  agreeingMean,
  pruneRandomly,
  pruneSmall,
  weightedSum,
  type MajoritySign,
  type WeightedValues,
} from './task-arithmetic.ts';

/** How entries are combined. */
type Rule = 'linear' | 'ties' | 'dare_linear' | 'dare_ties' | 'magnitude_prune';

/**
 * `cat`: A and B side by side, exact, of the sum of the ranks; `svd`: the best approximation of the sum of one rank;
 * `linear`: sums A and sums B, rough, because of the products of one's A and the other's B. `ties`, `dare_linear`, `dare_ties` and
 * `magnitude_prune` drop entries of A and of B first, with `_svd` entries of their products, then approximate.
 */
export type CombinationType = Rule | 'cat' | 'svd' | `${Exclude<Rule, 'linear'>}_svd`;

export interface WeightedAdapterOptions {
  /** The adapters and their weights, which may be negative. */
  readonly weights: Readonly<Record<string, number>>;
  /** @default 'svd' */
  readonly combinationType?: CombinationType;
  /** Of svd and the like. @default the largest rank */
  readonly svdRank?: number;
  /** The part of the entries that stays, (0, 1]; needed where entries are dropped. */
  readonly density?: number;
  /** Of ties. @default 'total' */
  readonly majoritySign?: MajoritySign;
  /** Of dare. @default new Generator(0) */
  readonly generator?: Generator;
}

/**
 * Adds the combination under a new name, inactive; it can be saved and merged as any adapter.
 * @returns the paths of its layers
 * @throws AdapterError, with the model as it was
 */
export function addWeightedAdapter(
  model: nn.Module,
  name: string,
  options: WeightedAdapterOptions,
): string[] {
  checkNewName(model, name);
  const sources = sourcesOf(model, options.weights);
  const only = sources.length === 1; // one adapter alone is only rescaled
  const type = only ? 'linear' : (options.combinationType ?? 'svd');
  checkDensity(type, options.density);
  const rank = rankFor(type, sources, options);
  const info = { ...sources[0]!.info, config: configFor(sources, rank), isTrainable: true };
  const settings = { rank, scaling: 1 };
  const generator = options.generator ?? new Generator(0);
  const paths: string[] = [];
  for (const [path, layer] of adaptedLayers(model)) {
    const parts = sources.flatMap(({ name: source, weight }) => {
      const part = layer.adapter(source);
      return part instanceof LoraPart ? [{ part, weight }] : [];
    });
    if (parts.length === 0) continue;
    const made = partFor(layer.baseLayer, { settings, info, generator });
    fill(
      made,
      scope(() => combine(parts, { type, rank, generator, ...options })),
      rank,
    );
    addPart(model, path, name, made);
    paths.push(path);
  }
  activate(model, activeAdapters(model));
  return paths;
}

interface Source {
  readonly name: string;
  readonly weight: number;
  readonly info: AdapterInfo<LoraConfig>;
  /** The largest of its layers. */
  readonly rank: number;
  readonly targets: readonly string[];
}

function sourcesOf(model: nn.Module, weights: Readonly<Record<string, number>>): Source[] {
  const sources = Object.entries(weights).map(([name, weight]): Source => {
    if (!Number.isFinite(weight)) fail(`weights.${name}`, 'a number', weight);
    const places = placesOf(model, name);
    const parts = places.map(({ part }) => part);
    if (!parts.every((part) => part instanceof LoraPart && isPlain(part))) {
      fail(name, 'LoRA without DoRA, PiSSA, OLoRA, trained biases or modules in full', 'another');
    }
    const lora = parts as LoraPart[];
    const { info } = lora[0]!;
    return {
      ...{ name, weight, info },
      rank: Math.max(...lora.map((part) => part.rank)),
      targets: places.map(({ path }) => info.moduleName(path)),
    };
  });
  return sources.length > 0 ? sources : fail('weights', 'at least one adapter', '{}');
}

function isPlain(part: LoraPart): boolean {
  return !(part.magnitude || part.loraBias || part.trainedBias || part.isTakenFromWeight);
}

function rankFor(
  type: CombinationType,
  sources: readonly Source[],
  { svdRank }: WeightedAdapterOptions,
): number {
  const ranks = sources.map(({ rank }) => rank);
  if (type === 'cat') return ranks.reduce((sum, rank) => sum + rank, 0);
  if (type.endsWith('svd')) return svdRank ?? Math.max(...ranks);
  if (new Set(ranks).size === 1) return ranks[0]!;
  return fail('combinationType', `cat or svd for ranks ${ranks.join(', ')}`, type);
}

function checkDensity(type: CombinationType, density: number | undefined): void {
  if (['linear', 'cat', 'svd'].includes(type)) return;
  if (density !== undefined && density > 0 && density <= 1) return;
  fail('density', `a number in (0, 1] for ${type}`, density);
}

/** Of the first, with s = 1 and the layers of all. */
function configFor(sources: readonly Source[], rank: number): LoraConfig {
  const { layersToTransform, layersPattern, excludeModules, ...first } = sources[0]!.info.config;
  void [layersToTransform, layersPattern, excludeModules]; // the layers are listed one by one
  const targetModules = [...new Set(sources.flatMap(({ targets }) => targets))];
  return {
    ...first,
    rank,
    alpha: rank,
    useRslora: false,
    rankPattern: {},
    alphaPattern: {},
    targetModules,
  };
}

interface Combining {
  readonly type: CombinationType;
  readonly rank: number;
  readonly density?: number;
  readonly majoritySign?: MajoritySign;
  readonly generator: Generator;
}

interface Matrices {
  readonly a: Tensor; // [≤ R, N]
  readonly b: Tensor; // [O, ≤ R]
}

function combine(
  parts: readonly { readonly part: LoraPart; readonly weight: number }[],
  options: Combining,
): Matrices {
  const { type, rank } = options;
  if (type === 'cat') {
    return {
      a: tf.concat(
        parts.map(({ part, weight }) => tf.mul(part.rowsOfA(), weight * part.scaling)),
        0,
      ),
      b: tf.concat(
        parts.map(({ part }) => part.rowsOfB()),
        1,
      ),
    };
  }
  if (type.endsWith('svd')) {
    const rule = type === 'svd' ? 'linear' : (type.slice(0, -'_svd'.length) as Rule);
    const products = parts.map(({ part, weight }) => ({ tensor: part.rowsOfDelta(), weight }));
    return truncated(byRule(products, rule, options), rank);
  }
  const rooted = (of: (part: LoraPart) => Tensor, hasSign: boolean) =>
    parts.map(({ part, weight }) => {
      const scaled = weight * part.scaling;
      return {
        tensor: of(part),
        weight: Math.sqrt(Math.abs(scaled)) * (hasSign && scaled < 0 ? -1 : 1),
      };
    });
  return {
    a: byRule(
      rooted((part) => part.rowsOfA(), true),
      type as Rule,
      options,
    ),
    b: byRule(
      rooted((part) => part.rowsOfB(), false),
      type as Rule,
      options,
    ),
  };
}

function byRule(
  changes: readonly { readonly tensor: Tensor; readonly weight: number }[],
  rule: Rule,
  { density = 1, majoritySign, generator }: Combining,
): Tensor {
  const kept = changes.map(({ tensor, weight }): WeightedValues => {
    const values = tensor.dataSync<'float32'>() as Float32Array;
    if (rule === 'linear') return { values, weight };
    const isRandom = rule.startsWith('dare');
    const pruned = isRandom
      ? pruneRandomly(values, density, generator)
      : pruneSmall(values, density);
    return { values: pruned, weight };
  });
  const combined = rule.endsWith('ties') ? agreeingMean(kept, majoritySign) : weightedSum(kept);
  return tf.tensor(combined, changes[0]!.tensor.shape);
}

/** A = Vᵀ, B = U·S */
function truncated(product: Tensor, rank: number): Matrices {
  const [O = 0, N = 0] = product.shape;
  const most = Math.min(rank, O, N);
  const { u, values, vt } = topSingular(product, most);
  const b = Float32Array.from(u, (value, i) => value * values[i % most]!);
  return { a: tf.tensor2d(Float32Array.from(vt), [most, N]), b: tf.tensor2d(b, [O, most]) };
}

/** Takes the matrices over; ranks that are missing are zero. */
function fill(part: LoraPart, { a, b }: Matrices, rank: number): void {
  const missing = rank - a.shape[0]!;
  const widened = tf.tidy(() => ({
    a: tf.reshape(
      tf.pad(a, [
        [0, missing],
        [0, 0],
      ]),
      part.loraA.shape,
    ),
    b: tf.reshape(
      tf.pad(b, [
        [0, 0],
        [0, missing],
      ]),
      part.loraB.shape,
    ),
  }));
  tf.dispose([a, b]);
  nn.assignParameter(part.loraA, widened.a, 'loraA');
  nn.assignParameter(part.loraB, widened.b, 'loraB');
}

function fail(argument: string, expected: string, got: unknown): never {
  throw new AdapterError(
    `addWeightedAdapter: ${argument}: expected ${expected}, got ${String(got)}.`,
  );
}
