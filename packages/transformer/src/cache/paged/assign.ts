import { overwrite, tf, type Tensor } from '@llm/tensor';

/** An int32 tensor with these values: the same one where a captured step reads it, else a new one in its place. */
export function assign(tensor: Tensor, values: Int32Array): Tensor {
  if (tf.getBackend() === 'native') {
    overwrite(tensor, values);
    return tensor;
  }
  const next = tf.keep(tf.tensor(values, tensor.shape, 'int32'));
  tensor.dispose();
  return next;
}
