// Rows of a table by id, and the gradient of the table: each row gets the sum of the gradients at
// the places where its id stood, added in the order of the places.
import * as tf from '@tensorflow/tfjs-core';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { composite, required, type FusedKernel } from './composite.ts';
import { readValues, valuesInPlace } from './values-in-place.ts';
import { fail } from '../ops/expect.ts';

export type EmbeddingGradAttrs = { vocabSize: number };

/** {weight [V, C], ids int32 [..]} → [.., C] */
export const embedding = composite('Embedding', (inputs) => {
  const weight = required(inputs, 'weight');
  const ids = required(inputs, 'ids');
  expectIdsBelow(weight.shape[0]!, ids.dataSync());
  const rows = tf.gather(weight, tf.reshape(ids, [-1]) as tf.Tensor1D);
  return tf.reshape(rows, [...ids.shape, weight.shape[1]!]);
});

/** {dy [.., C], ids int32 [..]} → dweight [V, C] */
export const embeddingGrad = composite<EmbeddingGradAttrs>('EmbeddingGrad', (inputs, attrs) => {
  const dy = required(inputs, 'dy');
  const ids = required(inputs, 'ids').dataSync();
  const C = dy.shape[dy.rank - 1]!;
  const sums = new Float32Array(attrs.vocabSize * C);
  addRows(sums, ids, dy.dataSync() as Float32Array, C);
  return tf.tensor(sums, [attrs.vocabSize, C]);
});

/** {sum [V, C], dy [.., C], ids int32 [..]}: the same added to `sum` where it lies; no output */
export const embeddingGradInto: FusedKernel = {
  kernelName: 'EmbeddingGradInto',
  kernelFunc: ({ inputs, backend }) => {
    const { sum, dy, ids } = inputs as Record<'sum' | 'dy' | 'ids', TensorInfo>;
    const rows = readValues(backend, dy);
    const places = readValues(backend, ids);
    addRows(valuesInPlace('embedding', backend, sum), places, rows, sum.shape[1]!);
    return [];
  },
};

function addRows(
  sums: Float32Array,
  ids: ArrayLike<number>,
  rows: ArrayLike<number>,
  C: number,
): void {
  for (let i = 0; i < ids.length; i++) {
    const row = ids[i]! * C;
    for (let c = 0; c < C; c++) sums[row + c]! += rows[i * C + c]!;
  }
}

function expectIdsBelow(vocabSize: number, ids: ArrayLike<number>): void {
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i]!;
    if (id < 0 || id >= vocabSize) refuseId(vocabSize, id, i);
  }
}

/** Throws for the id at `place` of the flattened ids, which is no row of the table. */
export function refuseId(vocabSize: number, id: number, place: number): never {
  const advice = "Check the tokenizer against the model's vocabulary.";
  fail('embedding', 'ids', `ids from 0 to ${vocabSize - 1}`, `${id} at ${place}`, advice);
}
