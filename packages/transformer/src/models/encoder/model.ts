// An encoder-only model: a body and the head of its task.
import { nn, scope, tf, type Tensor } from '@llm/tensor';
import { BertBody } from '../bert/model.ts';
import { buildLinear, type BuildOptions } from '../build.ts';
import { BiaslessLayerNorm, ModernBertBody } from '../modernbert/model.ts';
import type { EncoderBody, EncoderOptions } from './body.ts';
import type { EncoderConfig } from './config.ts';
import { firstToken, MaskedLmHead, SequenceHead, type HeadActivation } from './heads.ts';

export type EncoderHead = MaskedLmHead | SequenceHead | nn.Linear;

/** What `forward` returns depends on the task: hidden states [B, T, C] for an embedding, else logits:
 *  [B, T, V], [B, labels], [B, T, labels], or start and end [B, T, 2]. */
export class EncoderModel extends nn.Module {
  readonly config: EncoderConfig;
  encoder: EncoderBody;
  /** Of an embedding model BERT's pooler, if it has one. */
  head?: EncoderHead;
  dropout: nn.Dropout;

  constructor(config: EncoderConfig, build: BuildOptions) {
    super();
    this.config = config;
    this.encoder =
      config.modelType === 'modernbert'
        ? new ModernBertBody(config, build)
        : new BertBody(config, build);
    const head = buildHead(config, { ...build, initialize: true });
    if (head !== null) this.head = head;
    this.dropout = new nn.Dropout(config.classifierDropout, build);
  }

  /** inputIds int32 [B, T]. The caller owns the result. */
  forward(inputIds: Tensor, options: EncoderOptions = {}): Tensor {
    return scope(() => this.logits(this.hiddenStates(inputIds, options)));
  }

  /** inputIds int32 [B, T] → [B, T, C]. The caller owns the result. */
  hiddenStates(inputIds: Tensor, options: EncoderOptions = {}): Tensor {
    return this.encoder.forward(inputIds, options);
  }

  /** hidden [B, T, C] → [B, C] by BERT's pooler; null without one. */
  pooled(hidden: Tensor): Tensor | null {
    const { head } = this;
    if (this.config.task !== 'embedding' || !(head instanceof nn.Linear)) return null;
    return scope(() => tf.tanh(head.forward(firstToken(hidden))));
  }

  /** The head over hidden states [.., C]; a sequence's class needs them whole, [B, T, C]. */
  logits(hidden: Tensor): Tensor {
    const { head } = this;
    if (head instanceof MaskedLmHead) return head.forward(hidden, this.encoder.words);
    if (head instanceof SequenceHead) return head.forward(firstToken(hidden));
    if (head === undefined || this.config.task === 'embedding') return hidden;
    return head.forward(this.dropout.forward(hidden));
  }
}

const SEQUENCE_ACTIVATIONS: Readonly<Record<EncoderConfig['modelType'], HeadActivation>> = {
  bert: 'tanh',
  roberta: 'tanh',
  distilbert: 'relu',
  modernbert: 'gelu',
};

function buildHead(config: EncoderConfig, build: BuildOptions): EncoderHead | null {
  const { hiddenSize: C, layerNormEps: eps, initializerRange: std, modelType, task } = config;
  const isModern = modelType === 'modernbert';
  const norm = isModern ? new BiaslessLayerNorm(C, eps) : new nn.LayerNorm(C, { eps });
  const dense = { hiddenSize: C, std, hasBias: !isModern };
  const score = (labels: number) => buildLinear([C, labels], { hasBias: true, std }, build);
  switch (task) {
    case 'embedding':
      norm.dispose();
      return modelType === 'bert' || modelType === 'roberta' ? score(C) : null;
    case 'maskedLm': {
      const activation = isModern ? 'gelu' : config.hiddenAct;
      const { vocabSize } = config;
      return new MaskedLmHead({ ...dense, activation, norm, vocabSize }, build);
    }
    case 'sequenceClassification': {
      if (!isModern) norm.dispose();
      const activation = SEQUENCE_ACTIVATIONS[modelType];
      const { numLabels, classifierDropout: dropout } = config;
      const ownNorm = isModern ? { norm } : {};
      return new SequenceHead({ ...dense, ...ownNorm, activation, numLabels, dropout }, build);
    }
    case 'tokenClassification':
      norm.dispose();
      return score(config.numLabels);
    case 'questionAnswering':
      norm.dispose();
      return score(2);
  }
}
