// Puts a LoRA adapter into a model of any nn.Module tree.

import { Generator, nn } from '@llm/tensor';
import { insertAdapter } from '../adapter/insert-adapter.ts';
import { defaultTargets } from '../targets/default-targets.ts';
import { checkConfig, LORA_DEFAULTS, type LoraConfig, type LoraOptions } from './lora-config.ts';
import { lora } from './lora-method.ts';

/**
 * Adds an adapter: every matching layer is replaced, in place, by one with the adapter beside it, and all other
 * parameters are frozen. The first adapter becomes active; later ones wait for setActiveAdapters.
 * @returns the paths of the adapted layers
 * @throws AdapterError when no layer matches, the name is taken, or a number is out of range
 */
export function addLora(model: nn.Module, options: LoraOptions = {}, name = 'default'): string[] {
  const config = configOf(model, options);
  const { generator = new Generator(0), moduleName = nn.toSnakePath } = options;
  const info = { method: lora, config, moduleName, isTrainable: true };
  return insertAdapter(model, { name, info, generator });
}

function configOf(model: nn.Module, options: LoraOptions): LoraConfig {
  const modelType = options.modelType ?? modelTypeOf(model);
  return checkConfig({
    ...LORA_DEFAULTS,
    ...choicesOf(options),
    targetModules: options.targetModules ?? defaultTargets(modelType),
    fanInFanOut: modelType === 'gpt2',
  });
}

/** What the configuration keeps of the options. */
function choicesOf(options: LoraOptions): Partial<LoraConfig> {
  const others = ['generator', 'moduleName', 'modelType'];
  const given = Object.entries(options).filter(
    ([name, value]) => value !== undefined && !others.includes(name),
  );
  return Object.fromEntries(given);
}

/** `model.config.modelType`, where a model has that. */
function modelTypeOf(model: nn.Module): string | undefined {
  const { config } = model as { config?: { modelType?: unknown } };
  return typeof config?.modelType === 'string' ? config.modelType : undefined;
}
