// llama.cpp rotates neighbouring pairs of dimensions (2i, 2i + 1), Hugging Face i and i + D/2. So its
// converter reorders the rows of q and k within each head; this undoes it.
import { tf, type Tensor } from '@llm/tensor';

/** Row of a GGUF tensor for each row of ours: head h, dimension i comes from 2i, i + D/2 from 2i + 1. */
export function interleavedRowOrder(rows: number, heads: number): Int32Array {
  const headDim = rows / heads;
  const half = headDim / 2;
  return Int32Array.from({ length: rows }, (_, row) => {
    const i = row % headDim;
    return row - i + (i < half ? 2 * i : 2 * (i - half) + 1);
  });
}

/** [heads·D, ..] with interleaved rows → rows in two halves; takes the tensor over. */
export function uninterleaveRows(tensor: Tensor, heads: number): Tensor {
  const order = tf.tensor1d(interleavedRowOrder(tensor.shape[0]!, heads), 'int32');
  const rows = tf.gather(tensor, order);
  tf.dispose([tensor, order]);
  return rows;
}
