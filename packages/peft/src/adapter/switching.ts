// Adapters switched for the time of a call.

import type { nn } from '@llm/tensor';
import { AdapterError } from '../errors.ts';
import { adapterSites, type AdapterSite } from './adapter-site.ts';

/** Runs `fn` with every site changed by `change`, and puts back which adapters take part, also when it throws or when
 *  the promise that it returns settles. */
export function whileSwitched<T>(
  model: nn.Module,
  change: (site: AdapterSite) => void,
  fn: () => T,
): T {
  const sites = adapterSites(model).map(([, site]) => site);
  const before = sites.map(({ active, rowAdapters }) => ({ active, rowAdapters }));
  const restore = () => sites.forEach((site, i) => Object.assign(site, before[i]));
  for (const site of sites) change(site);
  let result: T;
  try {
    result = fn();
  } catch (error) {
    restore();
    throw error;
  }
  if (result instanceof Promise) return result.finally(restore) as T;
  restore();
  return result;
}

/** Names of the adapters that are merged into the base weights at present. */
export function mergedAdapters(model: nn.Module): string[] {
  return [...new Set(adapterSites(model).flatMap(([, site]) => site.merged))];
}

/** Throws AdapterError while adapters are merged. */
export function checkNoneMerged(model: nn.Module, operation: string): void {
  const merged = mergedAdapters(model);
  if (merged.length === 0) return;
  throw new AdapterError(
    `${operation}: expected no merged adapter, got ${merged.join(', ')}. Call unmergeAdapter first.`,
  );
}
