// Picks from each row the value of its last token that is not padding.
import { tf, type Tensor } from '@llm/tensor';

/** values [B, T], attentionMask [B, T] (1 = token; padding on either side), default all tokens → [B]. */
export function lastTokenValues(values: Tensor, attentionMask?: Tensor): Tensor {
  const [B = 0, T = 0] = values.shape;
  const picked = lastTokenOneHot(attentionMask?.dataSync(), [B, T]);
  return tf.sum(tf.mul(values, tf.tensor2d(picked, [B, T])), 1); // [B]
}

/** 1 at each row's last token, 0 elsewhere. A row of padding alone has none. */
export function lastTokenOneHot(
  mask: ArrayLike<number> | undefined,
  [rows, columns]: readonly [number, number],
): Float32Array {
  const picked = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    let last = (row + 1) * columns - 1;
    while (mask !== undefined && last >= row * columns && mask[last] === 0) last -= 1;
    if (last >= row * columns) picked[last] = 1;
  }
  return picked;
}
