// Bytes of a model's weights: from its shape and a storage type, or exactly, from a GGUF file's tensor list.

import { ConfigError } from './errors.ts';
import type { ModelShape } from './model-shape.ts';
import { parameterTensors } from './parameters.ts';
import { bytesPerWeight, matrixBytes, type WeightType } from './weight-types.ts';

export interface WeightOptions {
  /** How matrices are stored. @default 'F16' */
  readonly weightType?: WeightType;
  /** How the token and position embeddings are stored (llama.cpp often keeps them finer). @default weightType */
  readonly embeddingType?: WeightType;
}

/**
 * Bytes of all weights, tied ones once. Counted: every matrix and embedding in its type; norms and biases in F32
 * beside block types (as GGUF does), else in weightType. With only a parameter count (`7B`): count × bytes per weight.
 * Ignored: file headers, tensor padding, buffers such as rotary tables.
 */
export function weightBytes(shape: ModelShape, options: WeightOptions = {}): number {
  const { weightType = 'F16', embeddingType = weightType } = options;
  if (shape.nominalParameters !== undefined) {
    return Math.ceil(shape.nominalParameters * bytesPerWeight(weightType));
  }
  const vectorType = bytesPerWeight(weightType) < 2 ? 'F32' : weightType;
  const typeOf = { matrix: weightType, embedding: embeddingType, vector: vectorType } as const;
  return parameterTensors(shape).reduce(
    (sum, t) => sum + t.count * matrixBytes(t.rows, t.columns, typeOf[t.kind]),
    0,
  );
}

/** Exact bytes of a GGUF file's tensors, as its header lists them. Ignored: header and alignment padding. */
export function ggufTensorBytes(tensors: Iterable<{ readonly byteLength: number }>): number {
  let sum = 0;
  for (const { byteLength } of tensors) sum += checkedLength(byteLength);
  return sum;
}

function checkedLength(byteLength: number): number {
  if (Number.isSafeInteger(byteLength) && byteLength >= 0) return byteLength;
  throw new ConfigError(
    `ggufTensorBytes: byteLength: expected a whole number ≥ 0, got ${byteLength}.`,
  );
}
