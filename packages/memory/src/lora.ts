// Parameters that a LoRA adapter adds: R·(I + O) for each adapted layer, A [R, I] and B [O, R].

import { ConfigError } from './errors.ts';
import type { ModelShape } from './model-shape.ts';

export interface LoraShape {
  /** R. @default 8 */
  readonly rank?: number;
  /** Names of the adapted layers, `q_proj`, `c_attn`, …; all linear layers of a block with 'all-linear'. @default 'all-linear' */
  readonly targetModules?: readonly string[] | 'all-linear';
}

/** Trainable parameters of a LoRA adapter over every layer. Ignored: what else may train (norms, heads, embeddings). */
export function loraParameterCount(shape: ModelShape, options: LoraShape = {}): number {
  const { rank = 8, targetModules = 'all-linear' } = options;
  const layers = blockLayers(shape);
  const names = targetModules === 'all-linear' ? Object.keys(layers) : targetModules;
  const numbers = names.flatMap((name) => layers[name] ?? unknownLayer(name, layers));
  return numbers.reduce((sum, size) => sum + rank * size, 0) * shape.numHiddenLayers;
}

type Sizes = readonly number[];

/** Inputs and outputs, together, of the linear layers of one block, by their names in Transformers. */
function blockLayers(shape: ModelShape): Readonly<Record<string, Sizes>> {
  const { hiddenSize: C, intermediateSize: F } = shape;
  const queries = shape.numAttentionHeads * shape.headDim;
  const keys = shape.numKeyValueHeads * shape.headDim;
  if (shape.family === 'gpt2') {
    return { c_attn: [C, 3 * C], c_fc: [C, F], c_proj: [C, C, F, C] }; // attention and MLP both have a c_proj
  }
  return {
    ...{ q_proj: [C, queries], k_proj: [C, keys], v_proj: [C, keys], o_proj: [queries, C] },
    ...{ gate_proj: [C, F], up_proj: [C, F], down_proj: [F, C] },
  };
}

function unknownLayer(name: string, layers: Readonly<Record<string, Sizes>>): never {
  const known = Object.keys(layers).join(', ');
  throw new ConfigError(`loraParameterCount: targetModules: expected ${known}, got ${name}.`);
}
