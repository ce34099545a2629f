/** The gradient of an embedding has the table's size and few rows that are not zero. Where the table
 *  is tied to the output layer, whose gradient is there first, the rows are added into that: no
 *  second vocabulary-sized array is made. */
import * as tf from '@tensorflow/tfjs-core';
import { isSoleOwner } from '../ops/add-into.ts';
import type { TapeNode } from './tape.ts';

/** Adds the node's gradient into the table's, if it is an embedding and the table has one of its
 *  own; otherwise does nothing and returns false. */
export function addEmbeddingGradient(
  node: TapeNode,
  gradients: ReadonlyMap<number, tf.Tensor>,
): boolean {
  const table = node.inputs['weight'];
  if (node.kernelName !== 'Embedding' || table === undefined) return false;
  const sum = gradients.get(table.id);
  const dy = gradients.get((node.outputs[0] as tf.Tensor).id);
  const ids = node.saved?.[0]; // as embeddingGradient in src/gradients says
  if (sum === undefined || dy === undefined || ids === undefined || !isSoleOwner(sum)) return false;
  tf.engine().runKernel<tf.Tensor[]>('EmbeddingGradInto', { sum, dy, ids });
  return true;
}
