// What trains in full beside an adapter: biases of the whole model, and modules of one's choice.

import { nn } from '@llm/tensor';
import { AdaptedLayer, addPart, isEmbedding, ownModules } from '../adapter/adapted-layer.ts';
import { adapterSites } from '../adapter/adapter-site.ts';
import type { Layer } from '../adapter/layer-part.ts';
import type { AdapterInfo } from '../adapter/method.ts';
import { AdapterError } from '../errors.ts';
import { nearNames } from '../targets/near-names.ts';
import { BiasPart, hasBias } from './bias-part.ts';
import { SavedModulePart } from './saved-module-part.ts';

interface Owner {
  readonly name: string;
  readonly info: AdapterInfo;
}

interface Place {
  readonly path: string;
  /** Without the adapters around it. */
  readonly module: nn.Module;
  /** What is at the path, if that is adapted. */
  readonly site?: AdaptedLayer;
}

/** Every module of the model itself, not those of adapters. */
function places(model: nn.Module): Place[] {
  const inside = new Set<nn.Module>();
  const found: Place[] = [];
  for (const [path, module] of model.namedModules()) {
    if (path === '' || inside.has(module)) continue;
    if (module instanceof AdaptedLayer) {
      for (const inner of ownModules(module)) inside.add(inner);
      found.push({ path, module: module.baseLayer, site: module });
    } else found.push({ path, module });
  }
  return found;
}

export interface SavedModuleRules {
  /** Ends of paths. */
  readonly modulesToSave: readonly string[];
  readonly ensureWeightTying: boolean;
  readonly fanInFanOut: boolean;
}

/** The modules of these names.
 *  @throws AdapterError for a name that no module has, or whose module cannot be saved */
export function findSavedModules(
  model: nn.Module,
  { moduleName }: AdapterInfo,
  { modulesToSave, fanInFanOut }: SavedModuleRules,
): Place[] {
  const all = places(model).map((place) => ({ ...place, name: moduleName(place.path) }));
  for (const wanted of modulesToSave) {
    if (all.some(({ name }) => isSaved([wanted], name))) continue;
    const ends = all.map(({ name }) => name.slice(name.lastIndexOf('.') + 1));
    throw new AdapterError(
      `adapter: modulesToSave: expected names of modules, got "${wanted}" matching none. ` +
        `Near names: ${nearNames(wanted, ends).join(', ')}.`,
    );
  }
  const chosen = all.filter(({ name }) => isSaved(modulesToSave, name));
  for (const { module, name } of chosen) checkSavable(module, name, fanInFanOut);
  return chosen;
}

/** PEFT's rule: the end of a path, after a dot or not, so that `norm` is `input_layernorm`, too. */
function isSaved(wanted: readonly string[], name: string): boolean {
  return wanted.some((end) => name.endsWith(end) || name.endsWith(nn.toSnakePath(end)));
}

/** Adds what `findSavedModules` found to the adapter.
 *  @returns the paths */
export function addSavedModules(
  model: nn.Module,
  { name, info }: Owner,
  found: readonly Place[],
  { ensureWeightTying }: SavedModuleRules,
): string[] {
  return found.map(({ path, module }) => {
    const isTied = ensureWeightTying && isEmbedding(module);
    addPart(model, path, name, new SavedModulePart(module as Layer, info, { isTied }));
    return path;
  });
}

/** GPT-2's Conv1D, which files have transposed. */
const TRANSPOSED = /(^|\.)(c_attn|c_proj|c_fc|q_attn)$/;

function checkSavable(module: nn.Module, name: string, isTransposed: boolean): void {
  const hasForward = typeof (module as { forward?: unknown }).forward === 'function';
  const hasParameters = module.numParameters() > 0 && adapterSites(module).length === 0;
  if (hasForward && hasParameters && !(isTransposed && TRANSPOSED.test(name))) return;
  throw new AdapterError(
    `adapter: modulesToSave: expected modules with float32 parameters, a forward of their own and no adapters inside, got ${name}. ` +
      'Name a head, a norm or an embedding.',
  );
}

/** Adds every bias that the adapter does not train yet. Call when its other parts are in.
 *  @returns the paths of their layers */
export function addTrainedBiases(model: nn.Module, { name, info }: Owner): string[] {
  return places(model).flatMap(({ path, module, site }) => {
    if (!hasBias(module) || site?.adapter(name)) return [];
    addPart(model, path, name, new BiasPart(module, info));
    return [path];
  });
}
