// Several adapters on one base: which there are, which take part, and how to take them out again.

import type { nn } from '@llm/tensor';
import { AdapterError } from '../errors.ts';
import { adapterSites, type AdapterPart, type AdapterSite } from './adapter-site.ts';
import { checkNoneMerged, mergedAdapters, whileSwitched } from './switching.ts';

/** Names of all adapters in the model, in the order they were added to their first site. */
export function adapterNames(model: nn.Module): string[] {
  const names = adapterSites(model).flatMap(([, site]) => Object.keys(site.adapters));
  return [...new Set(names)];
}

/** Names of the adapters that take part, in the order of their sum. */
export function activeAdapters(model: nn.Module): readonly string[] {
  return adapterSites(model)[0]?.[1].active ?? [];
}

/**
 * Makes exactly these adapters take part; several add up, none leaves the base model. Active adapters train (unless
 * loaded for inference), the others are frozen. Throws AdapterError for an unknown name.
 */
export function setActiveAdapters(model: nn.Module, names: string | readonly string[]): void {
  const wanted = typeof names === 'string' ? [names] : names;
  for (const name of wanted) checkExists(model, name);
  activate(model, [...new Set(wanted)]);
}

/** Sets the active list in every place and the trainable flags to match. */
export function activate(model: nn.Module, names: readonly string[]): void {
  for (const [, site] of adapterSites(model)) {
    site.active = names;
    for (const [name, adapter] of Object.entries(site.adapters)) {
      const isTrained = adapter.info.isTrainable && names.includes(name);
      for (const parameter of adapter.parameters()) parameter.trainable = isTrained;
    }
  }
}

/**
 * Runs `fn` on the base model, as a reference for the adapted one, and switches the adapters on again, also when it
 * throws or when the promise it returns settles. Throws AdapterError while adapters are merged.
 */
export function disableAdapters<T>(model: nn.Module, fn: () => T): T {
  checkNoneMerged(model, 'disableAdapters');
  const turnOff = (site: AdapterSite) =>
    Object.assign(site, { active: [], rowAdapters: undefined });
  return whileSwitched(model, turnOff, fn);
}

/** Removes an adapter and frees it. A place left without adapters becomes the plain one again. */
export function deleteAdapter(model: nn.Module, name: string): void {
  checkExists(model, name);
  if (mergedAdapters(model).includes(name)) {
    throw new AdapterError(`deleteAdapter: "${name}" is merged. Call unmergeAdapter first.`);
  }
  const active = activeAdapters(model).filter((other) => other !== name);
  for (const [path, site] of innermostFirst(model)) {
    site.adapter(name)?.dispose();
    delete site.adapters[name];
    if (Object.keys(site.adapters).length === 0) site.detach(model, path);
  }
  activate(model, active);
}

/** Removes and frees all adapters: the plain base model remains (with what was merged into it), still frozen. */
export function removeAdapters(model: nn.Module): void {
  for (const [path, site] of innermostFirst(model)) {
    for (const adapter of Object.values(site.adapters)) adapter.dispose();
    site.detach(model, path);
  }
}

/** So that a site's path holds until it is taken out. */
const innermostFirst = (model: nn.Module) => adapterSites(model).reverse();

export interface AdapterPlace {
  readonly path: string;
  readonly site: AdapterSite;
  readonly part: AdapterPart;
}

/** The places that have this adapter, with its part. Throws AdapterError for an unknown name. */
export function placesOf(model: nn.Module, name: string): AdapterPlace[] {
  checkExists(model, name);
  return adapterSites(model).flatMap(([path, site]) => {
    const part = site.adapter(name);
    return part ? [{ path, site, part }] : [];
  });
}

function checkExists(model: nn.Module, name: string): void {
  const names = adapterNames(model);
  if (names.includes(name)) return;
  throw new AdapterError(
    `adapter: expected one of ${names.join(', ') || '(none)'}, got "${name}". Add or load it first.`,
  );
}
