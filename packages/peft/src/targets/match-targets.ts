// Finds the layers that an adapter is for, by PEFT's rules: a list names a path exactly or its end after a dot, a
// pattern must match the whole path, 'all-linear' takes every linear layer but the output head. Paths are matched in
// the form of the Transformers model (`model.layers.0.self_attn.q_proj`); camelCase names in a list are understood.

import { nn, QuantizedWeight, tf } from '@llm/tensor';
import { AdaptedLayer, isEmbedding, ownModules } from '../adapter/adapted-layer.ts';
import type { Layer } from '../adapter/layer-part.ts';
import { AdapterError } from '../errors.ts';
import { nearNames } from './near-names.ts';

/** Layers that turn hidden states into results; `all-linear` leaves them alone. */
const OUTPUT_HEADS = ['lm_head', 'score', 'classifier', 'embed_out', 'qa_outputs', 'v_head'];

export interface Target {
  /** In this model. */
  readonly path: string;
  /** In the Transformers model. */
  readonly name: string;
  /** The layer to adapt, without the adapters that may be around it already. */
  readonly bare: Layer;
}

/** Layers to adapt: names (exact path or dotted suffix), a pattern for the whole path, or all linear layers. */
export type TargetModules = readonly string[] | RegExp | 'all-linear';

export interface TargetRules {
  readonly targetModules: TargetModules;
  /** Layers never adapted, named or matched like targetModules. */
  readonly excludeModules?: readonly string[] | RegExp;
  /** Only these layer numbers, `layers.3.…`, of layers given by name. */
  readonly layersToTransform?: readonly number[];
  /** What stands before the layer's number. @default anything: the first number in a path counts */
  readonly layersPattern?: readonly string[];
  /** Modules that train in full: they and what is in them are never adapted. */
  readonly modulesToSave?: readonly string[];
}

/** The matching layers, in module order. Throws AdapterError, naming near names, when nothing matches.
 *  @param isAdaptable which layers the method can adapt at all */
export function matchTargets(
  model: nn.Module,
  rules: TargetRules,
  moduleName: (path: string) => string = nn.toSnakePath,
  isAdaptable: (layer: nn.Module) => layer is Layer = hasMatrix,
): Target[] {
  const all = adaptableLayers(model, moduleName, isAdaptable);
  const matched = all.filter(({ name, bare }) => isTarget(rules, name, bare));
  if (matched.length > 0) return matched;
  throw new AdapterError(
    `adapter: targetModules: expected to match some of ${all.length} layers, got ` +
      `${describe(rules.targetModules)} matching none. ${suggest(rules.targetModules, all)}`,
  );
}

/** Every layer that can be adapted; the base layer inside an adapted one is not listed again. */
function adaptableLayers(
  model: nn.Module,
  moduleName: (path: string) => string,
  isAdaptable: (layer: nn.Module) => layer is Layer,
): Target[] {
  const inside = new Set<nn.Module>();
  const targets: Target[] = [];
  for (const [path, module] of model.namedModules()) {
    if (path === '' || inside.has(module)) continue;
    const isAdapted = module instanceof AdaptedLayer;
    if (isAdapted) for (const inner of ownModules(module)) inside.add(inner);
    const bare = isAdapted ? module.baseLayer : module;
    if (isAdaptable(bare)) targets.push({ path, name: moduleName(path), bare });
  }
  return targets;
}

/** Whether a layer has a matrix for a low-rank change: linear layers, embeddings, convolutions, quantised or not. */
export function hasMatrix(module: nn.Module): module is Layer {
  return isLinear(module) || isEmbedding(module) || isConvolution(module);
}

/** Whether a layer multiplies with a weight [O, I]. An embedding has such a weight too, but takes ids. */
export function isLinear(module: nn.Module): module is Layer {
  if (isEmbedding(module)) return false;
  const { weight, forward } = module as { weight?: unknown; forward?: unknown };
  const isMatrix = weight instanceof tf.Variable && weight.rank === 2;
  return (isMatrix || weight instanceof QuantizedWeight) && typeof forward === 'function';
}

export type Convolution = nn.Conv1d | nn.Conv2d;

export function isConvolution(module: nn.Module): module is Convolution & Layer {
  return module instanceof nn.Conv1d || module instanceof nn.Conv2d;
}

function isTarget(rules: TargetRules, name: string, layer: Layer): boolean {
  const { targetModules, excludeModules, modulesToSave = [] } = rules;
  if (excludeModules && matchesName(excludeModules, name)) return false;
  if (modulesToSave.some((saved) => isWithin(saved, name))) return false;
  if (targetModules === 'all-linear') {
    return isLinear(layer) && isOfLayer(rules, name) && !matchesName(OUTPUT_HEADS, name);
  }
  return matchesName(targetModules, name) && isOfLayer(rules, name);
}

/** Whether `module` is a segment of the path, by itself or with what follows it. */
function isWithin(module: string, name: string): boolean {
  return `.${name}.`.includes(`.${nn.toSnakePath(module)}.`) || `.${name}.`.includes(`.${module}.`);
}

/** Whether a name is in a list, whole or as the end after a dot, or matched wholly by a pattern. */
export function matchesName(wanted: readonly string[] | RegExp, name: string): boolean {
  if (wanted instanceof RegExp) return fullMatch(wanted).test(name);
  return wanted.some((item) => {
    const suffix = nn.toSnakePath(item);
    return (
      name === item || name === suffix || name.endsWith(`.${item}`) || name.endsWith(`.${suffix}`)
    );
  });
}

/** Python's re.fullmatch: the pattern has to cover the whole string. */
function fullMatch(pattern: RegExp): RegExp {
  return new RegExp(`^(?:${pattern.source})$`, pattern.flags.replace(/[gy]/g, ''));
}

function isOfLayer({ layersToTransform, layersPattern }: TargetRules, name: string): boolean {
  if (!layersToTransform || layersToTransform.length === 0) return true;
  const before = layersPattern?.length ? `(?:${layersPattern.join('|')})` : '[^.]*';
  const number = new RegExp(`(?:^|\\.)${before}\\.(\\d+)(?:\\.|$)`).exec(name)?.[1];
  return number !== undefined && layersToTransform.includes(Number(number));
}

function describe(targetModules: TargetRules['targetModules']): string {
  if (targetModules instanceof RegExp) return String(targetModules);
  return typeof targetModules === 'string' ? targetModules : `[${targetModules.join(', ')}]`;
}

function suggest(targetModules: TargetRules['targetModules'], all: readonly Target[]): string {
  const ends = all.map(({ name }) => name.slice(name.lastIndexOf('.') + 1));
  const wanted = Array.isArray(targetModules) ? String(targetModules[0] ?? '') : '';
  const near = nearNames(wanted, ends);
  return near.length > 0 ? `Near names: ${near.join(', ')}.` : 'The model has no such layers.';
}
