// Memory of a training step: weights + gradients + optimizer state + saved activations + logits.

import { checkpointedActivationBytes, savedActivationBytes } from './activations.ts';
import { breakdown, type MemoryBreakdown } from './breakdown.ts';
import { ConfigError } from './errors.ts';
import { logitBytesPerToken } from './input-output.ts';
import { parameterCount } from './parameters.ts';
import { checkCount } from './positive-count.ts';
import { resolveShape, type ModelSource } from './resolve-shape.ts';
import { bytesPerWeight, parseWeightType } from './weight-types.ts';
import { weightBytes } from './weights.ts';

const FLOAT32_BYTES = 4;
const ID_BYTES = 4;
/** float32 numbers kept for each trained parameter. */
const OPTIMIZER_STATES = { adamw: 2, momentum: 1, sgd: 0 } as const;

export interface TrainingOptions {
  /** Sequences in a micro-batch. @default 1 */
  readonly batch?: number;
  /** Tokens of each sequence. @default the model's maximum, at most 1024 */
  readonly sequenceLength?: number;
  /** Parameters that train: fewer with LoRA. @default all */
  readonly trainableParameters?: number;
  /** @default 'adamw' */
  readonly optimizer?: keyof typeof OPTIMIZER_STATES;
  /** Storage of the weights; trained ones are float32. @default 'F32' */
  readonly weightType?: string;
  /** Recompute each layer in the backward pass. @default false */
  readonly isCheckpointed?: boolean;
}

/** Bytes of gradients: one float32 for each trained parameter. Freed or kept through accumulation, the peak is this. */
export function gradientBytes(trainableParameters: number): number {
  return trainableParameters * FLOAT32_BYTES;
}

/** Bytes of the optimizer's state: AdamW keeps two float32 moments for each trained parameter. */
export function optimizerBytes(
  trainableParameters: number,
  optimizer: keyof typeof OPTIMIZER_STATES = 'adamw',
): number {
  return OPTIMIZER_STATES[optimizer] * trainableParameters * FLOAT32_BYTES;
}

/** Bytes of the loss's inputs and outputs: ids and labels (int32) and two [B, T, V] float32 arrays (logits, gradient). */
export function lossBytes(batch: number, sequenceLength: number, logitBytes: number): number {
  return batch * sequenceLength * (2 * ID_BYTES + 2 * logitBytes);
}

/**
 * Parts `weights`, `gradients`, `optimizerState`, `activations`, `lossAndLogits`, with shares: what is alive when the
 * backward pass starts, with all gradients allocated. Ignored: the runtime, allocator slack, gradients of activations.
 */
export function trainingMemory(model: ModelSource, options: TrainingOptions = {}): MemoryBreakdown {
  const shape = resolveShape(model);
  const { batch = 1, sequenceLength = Math.min(shape.maxPositionEmbeddings, 1024) } = options;
  checkCount('trainingMemory', { batch, sequenceLength });
  const parameters = parameterCount(shape);
  const trainable = trainableCount(options.trainableParameters ?? parameters);
  const weightType = parseWeightType(options.weightType ?? 'F32');
  const pass = { batch, tokens: sequenceLength };
  const saved = options.isCheckpointed ? checkpointedActivationBytes : savedActivationBytes;
  const parts = {
    weights:
      weightBytes(shape, { weightType }) + masterWeightBytes(trainable, parameters, weightType),
    gradients: gradientBytes(trainable),
    optimizerState: optimizerBytes(trainable, options.optimizer),
    activations: saved(shape, pass),
    lossAndLogits: lossBytes(batch, sequenceLength, logitBytesPerToken(shape)),
  };
  return breakdown(parts, { parameters, isEstimate: shape.nominalParameters !== undefined });
}

/** Trained weights beside a frozen base (adapters), or float32 copies of low-precision ones that train. */
function masterWeightBytes(trainable: number, parameters: number, weightType: string): number {
  const isTrainedInPlace =
    trainable === parameters && bytesPerWeight(parseWeightType(weightType)) >= 4;
  return isTrainedInPlace ? 0 : trainable * FLOAT32_BYTES;
}

function trainableCount(count: number): number {
  if (Number.isSafeInteger(count) && count >= 0) return count;
  throw new ConfigError(
    `trainingMemory: trainableParameters: expected a whole number ≥ 0, got ${count}.`,
  );
}
