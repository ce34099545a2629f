import { ConfigError } from './errors.ts';
import { shapeFromConfig, type ConfigJson, type ModelShape } from './model-shape.ts';
import { parseParameterCount, shapeFromParameterCount } from './nominal-shape.ts';

/** A shape, a parsed config.json, or a parameter count (`7e9`, `'7B'`). */
export type ModelSource = ModelShape | ConfigJson | string | number;

/** The shape that any ModelSource describes. */
export function resolveShape(source: ModelSource): ModelShape {
  if (typeof source === 'string') return shapeFromParameterCount(parseParameterCount(source));
  if (typeof source !== 'number') return shapeFromConfig(source);
  if (Number.isSafeInteger(source) && source > 0) return shapeFromParameterCount(source);
  throw new ConfigError(`resolveShape: count: expected a positive integer, got ${source}.`);
}
