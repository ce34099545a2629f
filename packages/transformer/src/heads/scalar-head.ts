// A language model with one linear output per token in place of the vocabulary's: the body of reward
// and value models. Named as Transformers' *ForSequenceClassification with one label.
import { nn, scope, ShapeError, tf, type Generator, type Tensor } from '@llm/tensor';
import type { CausalLm } from '../models/causal-lm.ts';
import { buildLinear } from '../models/build.ts';

export interface HeadOptions {
  /** Source of the head's initial weights, N(0, initializerRange²). */
  readonly generator: Generator;
}

export interface HeadForwardOptions {
  /** [B, T], 1 = token. Padding may stand on either side. */
  readonly attentionMask?: Tensor;
}

export abstract class ScalarHead extends nn.Module {
  /** The model whose hidden states are scored. It belongs to the head from now on. */
  model: CausalLm;
  score: nn.Linear; // [1, C]

  constructor(model: CausalLm, { generator }: HeadOptions) {
    super();
    this.model = model;
    const { initializerRange: std } = model.config;
    this.score = buildLinear([model.shape.hiddenSize, 1], { hasBias: false, std }, { generator });
  }

  /** inputIds int32 [B, T] → one number for each token, [B, T]. */
  protected tokenScores(inputIds: Tensor, { attentionMask }: HeadForwardOptions): Tensor {
    if (attentionMask !== undefined && attentionMask.shape.join() !== inputIds.shape.join()) {
      throw new ShapeError(
        `forward: attentionMask: expected [${inputIds.shape.join(', ')}], got [${attentionMask.shape.join(', ')}]. Pad it together with inputIds.`,
      );
    }
    return scope(() => {
      const hidden = this.model.hiddenStates(inputIds, { attentionMask }); // [B, T, C]
      return tf.reshape(this.score.forward(hidden), inputIds.shape); // [B, T]
    });
  }
}
