// A new version of an adapter in the place of the old one, while the model goes on being served.

import type { nn } from '@llm/tensor';
import { adapterSites } from '../adapter/adapter-site.ts';
import { activate, activeAdapters, deleteAdapter, placesOf } from '../adapter/adapters.ts';
import { checkNoneMerged } from '../adapter/switching.ts';
import { loadAdapter, type LoadAdapterOptions, type LoadedAdapter } from './adapter-files.ts';

/**
 * Replaces the adapter `name` by the one in a PEFT folder, of any rank and layers. Until all of it is read and checked the
 * old one stays; then it is freed. Whether it takes part does not change.
 * @throws AdapterError, with the old one in place
 */
export async function swapAdapter(
  model: nn.Module,
  directory: string,
  name = 'default',
  options: LoadAdapterOptions = {},
): Promise<LoadedAdapter> {
  placesOf(model, name); // throws for an unknown name
  checkNoneMerged(model, 'swapAdapter');
  const incoming = `${name}-incoming`;
  const loaded = await loadAdapter(model, directory, incoming, options);
  const active = activeAdapters(model);
  deleteAdapter(model, name);
  for (const [, site] of adapterSites(model)) {
    const part = site.adapter(incoming);
    if (!part) continue;
    delete site.adapters[incoming];
    site.adapters[name] = part;
  }
  activate(model, active);
  return loaded;
}
