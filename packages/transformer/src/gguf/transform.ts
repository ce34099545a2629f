// How llama.cpp's converter changes a parameter's values on their way into a GGUF file.
import { tf, type Tensor } from '@llm/tensor';

/** Both ways give a new tensor and leave theirs to the caller. */
export interface GgufTransform {
  /** Whether it only puts rows into another order: it then also works on rows of quantised blocks. */
  readonly isRowOrder: boolean;
  readonly fromFile: (tensor: Tensor) => Tensor;
  readonly toFile: (tensor: Tensor) => Tensor;
}

/** Gemma's norms: stored as their difference from 1 by Hugging Face, whole by llama.cpp. */
export const OFFSET_BY_ONE: GgufTransform = {
  isRowOrder: false,
  fromFile: (tensor) => tf.sub(tensor, 1),
  toFile: (tensor) => tf.add(tensor, 1),
};

/** [H·3·D, ..] of GPT-NeoX, each head's query, key and value together ↔ all queries, keys, values. */
export function separatedQkv(heads: number): GgufTransform {
  const swapped = (first: number, second: number) => (tensor: Tensor) =>
    tf.tidy(() => {
      const [rows = 0, ...rest] = tensor.shape;
      const parts = tf.reshape(tensor, [first, second, rows / (3 * heads), rest[0] ?? 1]);
      return tf.reshape(tf.transpose(parts, [1, 0, 2, 3]), tensor.shape);
    });
  return { isRowOrder: true, toFile: swapped(heads, 3), fromFile: swapped(3, heads) };
}
