// llama.cpp rotates neighbouring pairs of dimensions (2i, 2i + 1) in Llama's family, Hugging Face i and
// i + D/2. So its converter reorders the rows of q and k within each head.
import { tf, type Tensor } from '@llm/tensor';
import type { GgufTransform } from './transform.ts';

/** Row of a GGUF tensor for each row of ours: head h, dimension i comes from 2i, i + D/2 from 2i + 1. */
export function interleavedRowOrder(rows: number, heads: number): Int32Array {
  const headDim = rows / heads;
  const half = headDim / 2;
  return Int32Array.from({ length: rows }, (_, row) => {
    const i = row % headDim;
    return row - i + (i < half ? 2 * i : 2 * (i - half) + 1);
  });
}

/** [heads·D, ..]: rows in two halves ↔ interleaved. */
export function interleavedRows(heads: number): GgufTransform {
  return {
    isRowOrder: true,
    fromFile: (tensor) => gatherRows(tensor, interleavedRowOrder(tensor.shape[0]!, heads)),
    toFile: (tensor) => gatherRows(tensor, inverse(interleavedRowOrder(tensor.shape[0]!, heads))),
  };
}

function inverse(order: Int32Array): Int32Array {
  const out = new Int32Array(order.length);
  for (const [to, from] of order.entries()) out[from] = to;
  return out;
}

function gatherRows(tensor: Tensor, order: Int32Array): Tensor {
  return tf.tidy(() => tf.gather(tensor, tf.tensor1d(order, 'int32')));
}
