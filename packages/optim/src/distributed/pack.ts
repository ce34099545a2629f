// Many tensors as one array of numbers on the way between workers.

import { tf, type Tensor } from '@llm/tensor';

/** The numbers of all tensors, one after the other; the tensors stay the caller's. */
export function packed(tensors: readonly Tensor[]): Float32Array {
  const numbers = new Float32Array(totalSize(tensors));
  let at = 0;
  for (const tensor of tensors) {
    numbers.set(tensor.dataSync() as Float32Array, at);
    at += tensor.size;
  }
  return numbers;
}

/** Tensors of these shapes, owned by the caller. */
export function unpacked(numbers: Float32Array, shapes: readonly (readonly number[])[]): Tensor[] {
  let at = 0;
  return shapes.map((shape) => {
    const size = tf.util.sizeFromShape([...shape]);
    at += size;
    return tf.tensor(numbers.slice(at - size, at), [...shape]);
  });
}

export function totalSize(tensors: readonly { readonly size: number }[]): number {
  return tensors.reduce((sum, { size }) => sum + size, 0);
}
