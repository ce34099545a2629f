// Puts LoRA adapters into a model of any nn.Module tree.

import { Generator, nn } from '@llm/tensor';
import { activate, activeAdapters, adapterNames } from './adapters.ts';
import { AdapterError } from './errors.ts';
import { LoraAdapter, type AdapterInfo } from './lora/lora-adapter.ts';
import {
  checkConfig,
  layerSettings,
  type LoraConfig,
  type LoraOptions,
} from './lora/lora-config.ts';
import { loraLayers, LoraLinear } from './lora/lora-linear.ts';
import { defaultTargets } from './targets/default-targets.ts';
import { matchTargets, type Target } from './targets/match-targets.ts';

/**
 * Adds an adapter: every matching layer is replaced, in place, by one with the adapter beside it, and all other
 * parameters are frozen. The first adapter becomes active; later ones wait for setActiveAdapters.
 * @returns the paths of the adapted layers
 * @throws AdapterError when no layer matches, the name is taken, or a number is out of range
 */
export function addLora(model: nn.Module, options: LoraOptions = {}, name = 'default'): string[] {
  const config = configOf(model, options);
  const { generator = new Generator(0), moduleName = nn.toSnakePath } = options;
  const info = { config, moduleName, isTrainable: true };
  return insertAdapter(model, { name, info, generator });
}

export interface Insertion {
  readonly name: string;
  readonly info: AdapterInfo;
  readonly generator: Generator;
}

/** Adds an adapter of a checked configuration; see addLora. */
export function insertAdapter(model: nn.Module, insertion: Insertion): string[] {
  const { name, info } = insertion;
  checkName(model, name);
  const targets = matchTargets(model, info.config, info.moduleName);
  const isFirst = loraLayers(model).length === 0;
  const active = isFirst ? [name] : activeAdapters(model);
  if (isFirst) model.freeze();
  for (const target of targets) addToLayer(model, target, insertion);
  activate(model, active);
  return targets.map(({ path }) => path);
}

function addToLayer(model: nn.Module, { path, name, layer }: Target, insertion: Insertion): void {
  const { info, generator } = insertion;
  const [outFeatures = 0, inFeatures = 0] = layer.weight.shape;
  const settings = layerSettings(info.config, name);
  const adapter = new LoraAdapter([outFeatures, inFeatures], { settings, info, generator });
  const wrapped = layer instanceof LoraLinear ? layer : new LoraLinear(layer);
  for (const [, module] of adapter.namedModules()) module.training = wrapped.training;
  wrapped.adapters[insertion.name] = adapter;
  if (wrapped !== layer) model.setModule(path, wrapped);
}

function configOf(model: nn.Module, options: LoraOptions): LoraConfig {
  const { rank = 8, alpha = 8, dropout = 0, useRslora = false } = options;
  const { rankPattern = {}, alphaPattern = {}, excludeModules, layersToTransform } = options;
  const modelType = options.modelType ?? modelTypeOf(model);
  return checkConfig({
    ...{ rank, alpha, dropout, useRslora, rankPattern, alphaPattern },
    ...(excludeModules && { excludeModules }),
    ...(layersToTransform && { layersToTransform }),
    targetModules: options.targetModules ?? defaultTargets(modelType),
    fanInFanOut: modelType === 'gpt2',
  });
}

/** `model.config.modelType`, where a model has that. */
function modelTypeOf(model: nn.Module): string | undefined {
  const { config } = model as { config?: { modelType?: unknown } };
  return typeof config?.modelType === 'string' ? config.modelType : undefined;
}

function checkName(model: nn.Module, name: string): void {
  if (!/^[A-Za-z0-9][\w-]*$/.test(name)) {
    throw new AdapterError(
      `lora: name: expected a letter or digit, then letters, digits, _ and -, got "${name}".`,
    );
  }
  if (!adapterNames(model).includes(name)) return;
  throw new AdapterError(
    `lora: name: expected a new name, but "${name}" is an adapter already. Delete it first or choose another.`,
  );
}
