// Numbers that live between layers. In inference a layer's activations die when the next one starts, so the peak
// is the widest moment of one layer; in training each layer keeps what its backward pass reads.
// Both count attention that never builds the T×T matrix (as @llm/tensor's native backend, or FlashAttention).

import type { ModelShape } from './model-shape.ts';

export interface ActivationOptions {
  /** Sequences in the batch. @default 1 */
  readonly batch?: number;
  /** Tokens of each sequence that one forward pass handles: the prompt in prefill, 1 in decoding. */
  readonly tokens: number;
  /** Bytes of one activation. @default 4 (float32) */
  readonly activationBytesPerNumber?: number;
}

/**
 * Peak bytes of activations of one forward pass without gradients. Counted: the widest moment of a layer beside
 * the residual stream. Ignored: the residual stream itself and the logits (see inputOutputBytes), allocator slack.
 * An engine that frees only at the end of a layer, as @llm/transformer does, holds up to savedNumbersPerLayer instead.
 */
export function activationBytes(shape: ModelShape, options: ActivationOptions): number {
  const { batch = 1, tokens, activationBytesPerNumber = 4 } = options;
  const widest = Math.max(attentionWidth(shape), mlpWidth(shape));
  return batch * tokens * widest * activationBytesPerNumber;
}

/** Numbers a token has alive while attention runs: normed input, q, k, v and the output. */
function attentionWidth(shape: ModelShape): number {
  const { hiddenSize, numAttentionHeads, numKeyValueHeads, headDim } = shape;
  return hiddenSize + (2 * numAttentionHeads + 2 * numKeyValueHeads) * headDim;
}

/** Numbers a token has alive in the MLP: normed input, then gate, up and their product (or up and its GELU). */
function mlpWidth(shape: ModelShape): number {
  return shape.hiddenSize + mlpNumbers(shape);
}

/** Inner values of the MLP for a token: in a mixture, those of each expert that it uses. */
function mlpNumbers({ family, intermediateSize, experts }: ModelShape): number {
  return (family === 'llama' ? 3 : 2) * intermediateSize * (experts?.usedPerToken ?? 1);
}

/**
 * Bytes that the backward pass of all layers needs to find saved. Counted per layer and token: both norms' inputs and
 * outputs (4C), q, k, v, attention output and its log-sum-exp, and the MLP's inner values; then the final norm's
 * input and output. Ignored: logits (see trainingMemory), dropout (a seed, not a mask), the norms' row statistics.
 */
export function savedActivationBytes(shape: ModelShape, options: ActivationOptions): number {
  const { batch = 1, tokens, activationBytesPerNumber = 4 } = options;
  const perToken = shape.numHiddenLayers * savedNumbersPerLayer(shape) + 2 * shape.hiddenSize;
  return batch * tokens * perToken * activationBytesPerNumber;
}

/** Numbers that one layer saves for each token. */
export function savedNumbersPerLayer(shape: ModelShape): number {
  const { hiddenSize, numAttentionHeads: H, numKeyValueHeads: K, headDim: D } = shape;
  const attention = (2 * H + 2 * K) * D + H; // q, output, k, v, log-sum-exp
  return 4 * hiddenSize + attention + mlpNumbers(shape);
}

/**
 * The same with checkpointing of every layer: only each layer's input is kept (C numbers a token), and one layer at
 * a time is computed again.
 */
export function checkpointedActivationBytes(shape: ModelShape, options: ActivationOptions): number {
  const { batch = 1, tokens, activationBytesPerNumber = 4 } = options;
  const inputs = (shape.numHiddenLayers + 2) * shape.hiddenSize;
  return batch * tokens * (inputs + savedNumbersPerLayer(shape)) * activationBytesPerNumber;
}
