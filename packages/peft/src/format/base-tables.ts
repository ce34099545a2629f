// PEFT writes the whole table beside an adapter of embeddings (`….base_layer.weight`), in case it was resized. Here the
// base model is shared by adapters, so a table has to be the model's own.

import { QuantizedWeight, tf, type nn, type Tensor } from '@llm/tensor';
import { AdaptedEmbedding } from '../adapter/adapted-layer.ts';
import { placesOf } from '../adapter/adapters.ts';
import { AdapterError } from '../errors.ts';
import { layerKey } from './keys.ts';

/** Of the table's largest value: what rounding to bfloat16 or to quantised blocks changes. */
const TOLERANCE = 0.05;

/** Takes base tables out of what a file holds. Throws AdapterError for one that is not the model's. */
export function dropBaseTables(model: nn.Module, name: string, tensors: Map<string, Tensor>): void {
  for (const { path, site, part } of placesOf(model, name)) {
    const key = layerKey(part.info.moduleName(path), 'base_layer.weight');
    const table = tensors.get(key);
    if (!(site instanceof AdaptedEmbedding) || !table) continue;
    checkTable(key, table, site);
    tensors.delete(key);
    table.dispose();
  }
}

function checkTable(key: string, table: Tensor, { baseLayer }: AdaptedEmbedding): void {
  const { weight } = baseLayer;
  const isSame = tf.util.arraysEqual(table.shape, [...weight.shape]);
  if (isSame && tf.tidy(() => difference(table, weight)) <= TOLERANCE) return;
  const shapes = isSame ? 'other values' : `[${table.shape}] instead of [${weight.shape}]`;
  throw new AdapterError(
    `loadAdapter: ${key}: expected the model's own table of embeddings, got ${shapes}. ` +
      'The adapter was trained on a model with another table: merge it there and load the merged model.',
  );
}

function difference(table: Tensor, weight: Tensor | QuantizedWeight): number {
  const own = weight instanceof QuantizedWeight ? weight.dequantize() : weight;
  const largest = (x: Tensor) => tf.max(tf.abs(x)).dataSync()[0]!;
  return largest(tf.sub(table, own)) / Math.max(largest(own), Number.MIN_VALUE);
}
