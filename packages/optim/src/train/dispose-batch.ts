import { tf } from '@llm/tensor';

/** Disposes the tensors directly in a batch: the batch itself, an array's items, or a record's properties. */
export function disposeBatch(batch: unknown): void {
  if (batch instanceof tf.Tensor) return disposeOnce(batch);
  if (typeof batch !== 'object' || batch === null || ArrayBuffer.isView(batch)) return;
  for (const value of Object.values(batch)) if (value instanceof tf.Tensor) disposeOnce(value);
}

function disposeOnce(tensor: tf.Tensor): void {
  if (!tensor.isDisposed) tensor.dispose();
}
