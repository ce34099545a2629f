// Adds an adapter of any method to a model.

import type { nn } from '@llm/tensor';
import { AdapterError } from '../errors.ts';
import { adapterSites } from './adapter-site.ts';
import { activate, activeAdapters, adapterNames } from './adapters.ts';
import type { NewAdapter } from './method.ts';

/**
 * Adds the adapter and freezes all other parameters. The first adapter becomes active; later ones wait for
 * setActiveAdapters.
 * @returns the paths of the adapted places
 * @throws AdapterError, with the model as it was
 */
export function insertAdapter<Config>(model: nn.Module, adapter: NewAdapter<Config>): string[] {
  checkNewName(model, adapter.name);
  const isFirst = adapterSites(model).length === 0;
  const active = isFirst ? [adapter.name] : activeAdapters(model);
  const baseParameters = model.parameters();
  const { info } = adapter;
  const moduleName = (path: string) => info.moduleName(withoutSites(path));
  const paths = info.method.insert(model, { ...adapter, info: { ...info, moduleName } });
  if (isFirst) for (const parameter of baseParameters) parameter.trainable = false;
  activate(model, active);
  return paths;
}

/** The path that a module has where nothing around it is adapted. */
function withoutSites(path: string): string {
  return path.replace(/\.baseLayer(?=\.|$)/g, '');
}

/** Throws AdapterError for a name that is taken or cannot be one. */
export function checkNewName(model: nn.Module, name: string): void {
  if (!/^[A-Za-z0-9][\w-]*$/.test(name)) {
    throw new AdapterError(
      `adapter: name: expected a letter or digit, then letters, digits, _ and -, got "${name}".`,
    );
  }
  if (!adapterNames(model).includes(name)) return;
  throw new AdapterError(
    `adapter: name: expected a new name, but "${name}" is an adapter already. Delete it first or choose another.`,
  );
}
