// Memory of serving a model: weights + KV cache + activations + inputs and outputs.

import { activationBytes } from './activations.ts';
import { breakdown, type MemoryBreakdown } from './breakdown.ts';
import { inputOutputBytes } from './input-output.ts';
import { kvCacheBytes } from './kv-cache.ts';
import { parameterCount } from './parameters.ts';
import { checkCount } from './positive-count.ts';
import { resolveShape, type ModelSource } from './resolve-shape.ts';
import { bytesPerWeight, parseWeightType } from './weight-types.ts';
import { weightBytes } from './weights.ts';

export interface InferenceOptions {
  /** Sequences served at once. @default 1 */
  readonly batch?: number;
  /** Tokens of each sequence, prompt and answer together. @default the model's maximum, at most 4096 */
  readonly contextLength?: number;
  /** Tokens that one forward pass handles at most: a whole prompt, or a chunk of it. @default contextLength */
  readonly prefillTokens?: number;
  /** Storage of weights, e.g. `fp16`, `Q4_1`. @default 'F16' */
  readonly weightType?: string;
  /** Storage of the embeddings. @default weightType */
  readonly embeddingType?: string;
  /** Storage of keys and values. @default 'F16' */
  readonly kvType?: string;
  /** Storage of activations: F32, F16 or BF16. @default 'F16' */
  readonly activationType?: string;
  /** Exact bytes of the weights, when a file tells (ggufTensorBytes). @default computed */
  readonly exactWeightBytes?: number;
}

/**
 * Parts `weights`, `kvCache`, `activations`, `inputsAndOutputs`, with shares.
 * Ignored: the runtime itself (Node.js, CUDA context), allocator slack, weights held twice while loading.
 */
export function inferenceMemory(
  model: ModelSource,
  options: InferenceOptions = {},
): MemoryBreakdown {
  const shape = resolveShape(model);
  const { contextLength = Math.min(shape.maxPositionEmbeddings, 4096) } = options;
  const { batch = 1, prefillTokens: tokens = contextLength } = options;
  checkCount('inferenceMemory', { batch, contextLength, prefillTokens: tokens });
  const weightType = parseWeightType(options.weightType ?? 'F16');
  const embeddingType = parseWeightType(options.embeddingType ?? weightType);
  const kvType = parseWeightType(options.kvType ?? 'F16');
  const activationBytesPerNumber = bytesPerWeight(parseWeightType(options.activationType ?? 'F16'));
  const pass = { batch, tokens, activationBytesPerNumber };
  const parts = {
    weights: options.exactWeightBytes ?? weightBytes(shape, { weightType, embeddingType }),
    kvCache: kvCacheBytes(shape, { batch, contextLength, kvType }),
    activations: activationBytes(shape, pass),
    inputsAndOutputs: inputOutputBytes(shape, pass),
  };
  const isEstimate = shape.nominalParameters !== undefined;
  return breakdown(parts, { parameters: parameterCount(shape), isEstimate });
}
