// The inside of an array with fixed places.
import { optional, repeat, sequence, type Expression } from '../expression.ts';
import { list, separator } from './json-text.ts';

/** The fixed places, as many as `max` allows, then `more` of the other kind. */
export function arrayItems(
  places: readonly Expression[],
  more: Expression | null,
  { min, max }: { readonly min: number; readonly max: number },
): Expression {
  const fixed = places.slice(0, max);
  const [least, most] = [Math.max(min - fixed.length, 0), Math.max(max - fixed.length, 0)];
  if (fixed.length === 0) return more === null ? sequence() : list(more, least, most);
  let rest: Expression =
    more === null || most === 0 ? sequence() : repeat(sequence(separator(','), more), least, most);
  for (const [i, place] of [...fixed.entries()].reverse()) {
    const here = i === 0 ? sequence(place, rest) : sequence(separator(','), place, rest);
    rest = i >= min ? optional(here) : here;
  }
  return rest;
}
