// How strongly an adapter acts.

import type { nn } from '@llm/tensor';
import { AdapterError } from '../errors.ts';
import { placesOf } from './adapters.ts';
import type { AdapterPart } from './adapter-site.ts';

/** A part whose change of the model is multiplied by a number. */
interface ScaledPart extends AdapterPart {
  scaling: number;
  readonly initialScaling: number;
}

/**
 * Multiplies an adapter's scaling, as its configuration gives it, by `factor`: 1 is as trained, 0 is off. It is not saved.
 * @throws AdapterError for an adapter without a scaling, one that is merged, or a factor that is no number
 */
export function setAdapterScale(model: nn.Module, name: string, factor: number): void {
  if (!Number.isFinite(factor)) {
    throw new AdapterError(`setAdapterScale: factor: expected a number, got ${factor}.`);
  }
  const places = placesOf(model, name);
  if (places.some(({ site }) => site.merged.includes(name))) {
    throw new AdapterError(`setAdapterScale: "${name}" is merged. Call unmergeAdapter first.`);
  }
  const scaled = places.flatMap(({ part }) => (isScaled(part) ? [part] : []));
  if (scaled.length === 0) {
    const { peftType } = places[0]!.part.info.method;
    throw new AdapterError(
      `setAdapterScale: name: expected an adapter with a scaling, got "${name}" of type ${peftType}, which has none.`,
    );
  }
  for (const part of scaled) part.scaling = part.initialScaling * factor;
}

function isScaled(part: AdapterPart): part is ScaledPart {
  return 'initialScaling' in part;
}
