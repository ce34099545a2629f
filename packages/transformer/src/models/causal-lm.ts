// What every decoder-only language model offers.
import { nn, scope, type QuantizedWeight, type Tensor, type Variable } from '@llm/tensor';
import { KvCache } from '../cache/kv-cache.ts';
import type { ModelConfig } from '../config/config.ts';
import type { ForwardOptions } from './forward-pass.ts';

/** The sizes that generation, heads and caches need, whatever the architecture calls them. */
export interface ModelShape {
  readonly hiddenSize: number;
  readonly numLayers: number;
  readonly numKeyValueHeads: number;
  readonly headDim: number;
  readonly vocabSize: number;
  /** The last position that exists, plus one; Infinity where positions are computed. */
  readonly positionLimit: number;
  /** Of each layer, how many of the last positions it sees; null for all. @default all */
  readonly windows?: readonly (number | null)[];
}

/** The weight of an output layer or a tied embedding, if it does nothing but multiply exactly: no bias,
 *  no adapter, and quantised only in training, where inputs are not rounded to 8 bits. */
export function plainWeight(head: nn.Module): Variable | QuantizedWeight | undefined {
  if (head instanceof nn.Embedding) return head.weight;
  if (head instanceof nn.QuantizedEmbedding) return head.training ? head.weight : undefined;
  const isLinear = head instanceof nn.Linear;
  const isExact = isLinear || (head instanceof nn.QuantizedLinear && head.training);
  return isExact && head.bias === undefined ? head.weight : undefined;
}

export abstract class CausalLm extends nn.Module {
  abstract readonly config: ModelConfig;
  abstract readonly shape: ModelShape;

  /** inputIds int32 [B, T] → [B, T, C], after the final norm. The caller owns the result. */
  abstract hiddenStates(inputIds: Tensor, options?: ForwardOptions): Tensor;

  /** hidden [.., C] → [.., V]. */
  abstract logits(hidden: Tensor): Tensor;

  /** The matrix W [V, C] where logits are hidden · Wᵀ and nothing more; undefined where they are not. */
  abstract outputWeight(): Variable | QuantizedWeight | undefined;

  /** inputIds int32 [B, T] → logits [B, T, V]. The caller owns the result. */
  forward(inputIds: Tensor, options: ForwardOptions = {}): Tensor {
    return scope(() => this.logits(this.hiddenStates(inputIds, options)));
  }

  /** An empty cache for `batch` rows of up to `maxLength` tokens; the caller disposes it. */
  createCache(batch: number, maxLength: number): KvCache {
    const { numLayers, numKeyValueHeads, headDim } = this.shape;
    return new KvCache({ batch, maxLength, numLayers, numKeyValueHeads, headDim });
  }
}
