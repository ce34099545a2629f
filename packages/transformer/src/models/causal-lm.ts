// What every decoder-only language model offers.
import { nn, scope, tf, type QuantizedWeight, type Tensor, type Variable } from '@llm/tensor';
import { KvCache } from '../cache/kv-cache.ts';
import { inEvaluation } from '../generation/in-evaluation.ts';
import type { ModelConfig } from '../config/config.ts';
import { forwardPass, type ForwardOptions, type ForwardPass } from './forward-pass.ts';
import { readPrompt } from './read-prompt.ts';
import { before, without, type KeysAndValues } from './soft-prompt.ts';
import type { Promptable, PromptShape, SoftPromptSource } from './soft-prompt.ts';

/** The sizes that generation, heads and caches need, whatever the architecture calls them. */
export interface ModelShape {
  readonly hiddenSize: number;
  readonly numLayers: number;
  readonly numAttentionHeads: number;
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

export abstract class CausalLm extends nn.Module implements Promptable {
  abstract readonly config: ModelConfig;
  abstract readonly shape: ModelShape;
  /** Learned vectors before every text (soft-prompt.ts). */
  softPrompt: SoftPromptSource | null = null;

  get promptShape(): PromptShape {
    return { ...this.shape, taskType: 'CAUSAL_LM' };
  }

  /** ids int32 [..] → [.., C], as the first layer gets them. */
  abstract embed(ids: Tensor): Tensor;

  /** words [B, T, C], of `embed` or learned → [B, T, C], after the final norm. */
  protected abstract runLayers(words: Tensor, pass: ForwardPass): Tensor;

  /** inputIds int32 [B, T] → [B, T, C], after the final norm. The caller owns the result. */
  hiddenStates(inputIds: Tensor, options: ForwardOptions = {}): Tensor {
    const hidden = scope(() => {
      const isCached = options.kvCache !== undefined; // with the prompt that it was made with
      const prompt = isCached ? null : (this.softPrompt?.softPrompt() ?? null);
      const pass = forwardPass(inputIds, options, prompt);
      const words = this.embed(inputIds); // [B, T, C]
      if (prompt === null || 'layers' in prompt) return this.runLayers(words, pass);
      const n = prompt.embeddings.shape[1]!;
      return without(n, this.runLayers(before(prompt.embeddings, words), pass));
    });
    options.kvCache?.advance(inputIds.shape[1]!);
    return hidden;
  }

  /** hidden [.., C] → [.., V]. */
  abstract logits(hidden: Tensor): Tensor;

  /** The matrix W [V, C] where logits are hidden · Wᵀ and nothing more; undefined where they are not. */
  abstract outputWeight(): Variable | QuantizedWeight | undefined;

  /** inputIds int32 [B, T] → logits [B, T, V]. The caller owns the result. */
  forward(inputIds: Tensor, options: ForwardOptions = {}): Tensor {
    return scope(() => this.logits(this.hiddenStates(inputIds, options)));
  }

  /** An empty cache for `batch` rows of up to `maxLength` tokens, which begin behind the soft prompt of
   *  the moment; the caller disposes it. */
  createCache(batch: number, maxLength: number): KvCache {
    const { numLayers, numKeyValueHeads, headDim } = this.shape;
    return this.withPrefix(
      (prefix) =>
        new KvCache({ batch, maxLength, numLayers, numKeyValueHeads, headDim, ...prefix }),
    );
  }

  /** Gives `use` the soft prompt as keys and values of each layer, each [1 or B, n, K, D], which are freed
   *  afterwards; {} without one. */
  withPrefix<T>(use: (prefix: { readonly prefix?: readonly KeysAndValues[] }) => T): T {
    const { softPrompt } = this;
    if (softPrompt === null || softPrompt.length === 0) return use({});
    const prefix = inEvaluation(this, () =>
      readPrompt(softPrompt, (words, pass) => this.runLayers(words, pass)),
    );
    try {
      return use({ prefix });
    } finally {
      for (const { keys, values } of prefix) tf.dispose([keys, values]);
    }
  }
}
