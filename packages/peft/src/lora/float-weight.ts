import { QuantizedWeight, tf, type Variable } from '@llm/tensor';
import type { Layer } from '../adapter/layer-part.ts';
import { AdapterError } from '../errors.ts';

/** The layer's weight. Throws AdapterError for one that cannot take a sum up. */
export function floatWeight({ weight }: Layer, path: string): Variable {
  if (weight instanceof tf.Variable) return weight;
  const kind = weight instanceof QuantizedWeight ? weight.type : 'none';
  throw new AdapterError(
    `mergeAdapter: ${path}: expected a float32 weight, got ${kind}. Load the model with weights: 'float32'.`,
  );
}
