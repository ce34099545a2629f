// Finds the layers that an adapter is for, by PEFT's rules: a list names a path exactly or its end after a dot, a
// pattern must match the whole path, 'all-linear' takes every linear layer but the output head. Paths are matched in
// the form of the Transformers model (`model.layers.0.self_attn.q_proj`); camelCase names in a list are understood.

import { nn } from '@llm/tensor';
import { AdaptedLayer, isLinearLike, type LinearLike } from '../adapter/adapted-layer.ts';
import { AdapterError } from '../errors.ts';
import { nearNames } from './near-names.ts';

/** Layers that turn hidden states into results; `all-linear` leaves them alone. */
const OUTPUT_HEADS = ['lm_head', 'score', 'classifier', 'embed_out', 'qa_outputs', 'v_head'];

export interface Target {
  /** In this model. */
  readonly path: string;
  /** In the Transformers model. */
  readonly name: string;
  /** The layer to adapt: bare, or with other adapters already. */
  readonly layer: LinearLike | AdaptedLayer;
}

/** Layers to adapt: names (exact path or dotted suffix), a pattern for the whole path, or all linear layers. */
export type TargetModules = readonly string[] | RegExp | 'all-linear';

export interface TargetRules {
  readonly targetModules: TargetModules;
  /** Layers never adapted, named or matched like targetModules. */
  readonly excludeModules?: readonly string[] | RegExp;
  /** Only these layer numbers: the first number in a path, `layers.3.…`. */
  readonly layersToTransform?: readonly number[];
}

/** The matching layers, in module order. Throws AdapterError, naming near names, when nothing matches. */
export function matchTargets(
  model: nn.Module,
  rules: TargetRules,
  moduleName: (path: string) => string = nn.toSnakePath,
): Target[] {
  const all = adaptableLayers(model, moduleName);
  const matched = all.filter(({ name }) => isTarget(rules, name));
  if (matched.length > 0) return matched;
  throw new AdapterError(
    `lora: targetModules: expected to match some of ${all.length} linear layers, got ` +
      `${describe(rules.targetModules)} matching none. ${suggest(rules.targetModules, all)}`,
  );
}

/** Every layer that can be adapted; the base layer inside an adapted one is not listed again. */
export function adaptableLayers(model: nn.Module, moduleName: (path: string) => string): Target[] {
  const inside = new Set<nn.Module>();
  const targets: Target[] = [];
  for (const [path, module] of model.namedModules()) {
    if (path === '' || inside.has(module)) continue;
    if (module instanceof AdaptedLayer) inside.add(module.baseLayer);
    else if (!isLinearLike(module)) continue;
    targets.push({ path, name: moduleName(path), layer: module });
  }
  return targets;
}

function isTarget(rules: TargetRules, name: string): boolean {
  const { targetModules, excludeModules, layersToTransform } = rules;
  if (excludeModules && matches(excludeModules, name)) return false;
  if (layersToTransform && !layersToTransform.includes(layerNumber(name))) return false;
  if (targetModules === 'all-linear') return !matches(OUTPUT_HEADS, name);
  return matches(targetModules, name);
}

function matches(wanted: readonly string[] | RegExp, name: string): boolean {
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

/** The first number among the segments of a path; −1 without one. */
function layerNumber(name: string): number {
  return Number(/(?:^|\.)(\d+)(?:\.|$)/.exec(name)?.[1] ?? -1);
}

function describe(targetModules: TargetRules['targetModules']): string {
  if (targetModules instanceof RegExp) return String(targetModules);
  return typeof targetModules === 'string' ? targetModules : `[${targetModules.join(', ')}]`;
}

function suggest(targetModules: TargetRules['targetModules'], all: readonly Target[]): string {
  const ends = all.map(({ name }) => name.slice(name.lastIndexOf('.') + 1));
  const wanted = Array.isArray(targetModules) ? String(targetModules[0] ?? '') : '';
  const near = nearNames(wanted, ends);
  return near.length > 0 ? `Near names: ${near.join(', ')}.` : 'The model has no linear layers.';
}
