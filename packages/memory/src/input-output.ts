// What goes into the model and comes out of it: token ids, their vectors, and scores over the vocabulary.

import type { ModelShape } from './model-shape.ts';
import type { ActivationOptions } from './activations.ts';

const ID_BYTES = 4; // int32
const LOGIT_BYTES = 4; // float32, also in half-precision models: softmax needs the range

/**
 * Bytes of inputs and outputs of one forward pass in generation. Counted: token ids and attention mask (int32), the
 * embedded input [B, T, C], and float32 logits of the last position [B, V]. Ignored: text and its strings.
 */
export function inputOutputBytes(shape: ModelShape, options: ActivationOptions): number {
  const { batch = 1, tokens, activationBytesPerNumber = 4 } = options;
  const ids = 2 * tokens * ID_BYTES;
  const embedded = tokens * shape.hiddenSize * activationBytesPerNumber;
  return batch * (ids + embedded + logitBytesPerToken(shape));
}

/** Bytes of the scores of one position over the vocabulary, float32. */
export function logitBytesPerToken(shape: ModelShape): number {
  return shape.vocabSize * LOGIT_BYTES;
}
