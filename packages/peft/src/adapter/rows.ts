// One batch, an adapter for each row: at every layer the rows are grouped by adapter, the base computes all rows at once.

import { tf, type nn, type Tensor } from '@llm/tensor';
import { AdapterError } from '../errors.ts';
import type { AdapterSite } from './adapter-site.ts';
import { placesOf } from './adapters.ts';
import { checkNoneMerged, whileSwitched } from './switching.ts';
import { LayerPart } from './layer-part.ts';

/** The name of no adapter, for rows of the base model. */
export const BASE = '__base__';

/**
 * Runs `fn` while row i of every batch goes through adapter `names[i]`, '__base__' being none. A batch may have a multiple of
 * the rows, as beams do: then each name is for as many neighbours. Also until a promise settles that `fn` returns.
 * @throws AdapterError for an unknown name, merged adapters, or an adapter that is not one of layers
 * @example
 * await withRowAdapters(model, ['poet', '__base__'], () => generate(model, prompts, options));
 */
export function withRowAdapters<T>(model: nn.Module, names: readonly string[], fn: () => T): T {
  checkNoneMerged(model, 'withRowAdapters');
  for (const name of new Set(names)) {
    if (name === BASE) continue;
    const other = placesOf(model, name).find(
      ({ part }) => !(part instanceof LayerPart && part.worksByRows),
    );
    if (!other) continue;
    throw new AdapterError(
      `withRowAdapters: names: expected adapters that work row by row, got "${name}" of type ${other.part.info.method.peftType}. ` +
        'Run its rows in a batch of their own.',
    );
  }
  const take = (site: AdapterSite) => Object.assign(site, { rowAdapters: names, active: [] });
  return whileSwitched(model, take, fn);
}

/** What an adapter makes of a layer: its output on x, where `base` is the layer without it. */
export type Change = (x: Tensor, base: (x: Tensor) => Tensor) => Tensor;

/** A layer's output with an adapter for each row. */
export function forwardRows(
  x: Tensor,
  names: readonly string[],
  base: (x: Tensor) => Tensor,
  changeOf: (name: string) => Change | undefined,
): Tensor {
  const groups = groupRows(x.shape[0] ?? 0, names);
  if (![...groups.keys()].some((name) => changeOf(name))) return base(x);
  let all: Tensor | undefined;
  const outputs = Array.from(groups, ([name, rows]) => {
    const input = tf.gather(x, rows);
    const ofRows = (given: Tensor): Tensor =>
      given === input ? tf.gather((all ??= base(x)), rows) : base(given);
    return changeOf(name)?.(input, ofRows) ?? ofRows(input);
  });
  const order = [...groups.values()].flat();
  const places = order.map((_, row) => order.indexOf(row));
  return tf.gather(tf.concat(outputs, 0), places);
}

function groupRows(count: number, names: readonly string[]): Map<string, number[]> {
  const each = count / names.length;
  if (!Number.isInteger(each) || each === 0) {
    throw new AdapterError(
      `withRowAdapters: names: expected as many as the batch has rows, ${count}, or a divisor, got ${names.length}.`,
    );
  }
  const groups = new Map<string, number[]>();
  for (let row = 0; row < count; row++) {
    const name = names[Math.floor(row / each)]!;
    groups.set(name, [...(groups.get(name) ?? []), row]);
  }
  return groups;
}
