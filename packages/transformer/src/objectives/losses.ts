// The losses of encoders and encoder–decoders over the batches of collate.ts. A decoder's is tokenLoss.
import { crossEntropy, IGNORE_INDEX, scope, tf, type Tensor } from '@llm/tensor';
import type { EncoderModel } from '../models/encoder/model.ts';
import type { Seq2SeqLm } from '../models/seq2seq/seq2seq-lm.ts';
import type { LabelledBatch, Seq2SeqBatch } from './collate.ts';

/** Mean cross-entropy of the masked tokens (Devlin et al. 2018). Only their hidden states go through
 *  the vocabulary's matrix: with 15 % of the tokens masked that is a seventh of its work.
 *  @param model of task 'maskedLm' @returns a scalar; the caller owns it */
export function maskedLmLoss(model: EncoderModel, batch: LabelledBatch): Tensor {
  return scope(() => {
    const { attentionMask } = batch;
    const hidden = model.hiddenStates(batch.inputIds, { attentionMask }); // [B, T, C]
    const { places, labels } = askedFor(batch.labels);
    const chosen = tf.gather(tf.reshape(hidden, [-1, hidden.shape[2]!]), places); // [N, C]
    return crossEntropy(model.logits(chosen), labels);
  });
}

/** The N labels that count, and where they are in the flattened batch. */
function askedFor(all: Tensor): { places: Tensor; labels: Tensor } {
  const values = all.dataSync();
  const places = Array.from(values.keys()).filter((i) => values[i] !== IGNORE_INDEX);
  if (places.length === 0) {
    throw new RangeError(
      'maskedLmLoss: labels: expected at least one masked token, got none. Take larger batches or mask more.',
    );
  }
  const labels = places.map((i) => values[i]!);
  return { places: tf.tensor1d(places, 'int32'), labels: tf.tensor1d(labels, 'int32') };
}

export interface ClassificationLossOptions {
  /** A weight for each class; the mean is over the weights, as PyTorch's. @default 1 for all */
  readonly classWeights?: readonly number[];
  /** @default 0 */
  readonly labelSmoothing?: number;
}

/** Cross-entropy of a text's class [B] or of its tokens' classes [B, T].
 *  @param model of task 'sequenceClassification' or 'tokenClassification' @returns a scalar */
export function classificationLoss(
  model: EncoderModel,
  { inputIds, attentionMask, labels }: LabelledBatch,
  options: ClassificationLossOptions = {},
): Tensor {
  return scope(() => weighted(model.forward(inputIds, { attentionMask }), labels, options));
}

/** Σ w·loss / Σ w with w = classWeights[label]. @param logits [.., classes] @param labels [..] int32 */
export function weighted(
  logits: Tensor,
  labels: Tensor,
  { classWeights, labelSmoothing = 0 }: ClassificationLossOptions,
): Tensor {
  if (classWeights === undefined) return crossEntropy(logits, labels, { labelSmoothing });
  const classes = logits.shape.at(-1);
  if (classWeights.length !== classes) {
    throw new RangeError(
      `classificationLoss: classWeights: expected one for each of ${classes} classes, got ${classWeights.length}.`,
    );
  }
  const values = Float32Array.from(labels.dataSync(), (label) => classWeights[label] ?? 0);
  const total = values.reduce((sum, weight) => sum + weight, 0);
  const weights = tf.tensor(values, labels.shape, 'float32');
  const losses = crossEntropy(logits, labels, { labelSmoothing, reduction: 'none' });
  return tf.div(tf.sum(tf.mul(losses, weights)), total);
}

/** Weights that give every class the same total: N / (classes · count), as scikit-learn's 'balanced'. */
export function balancedClassWeights(labels: Iterable<number>, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  let total = 0;
  for (const label of labels) {
    if (!(label in counts)) {
      throw new RangeError(
        `balancedClassWeights: labels: expected classes below ${classes}, got ${label}.`,
      );
    }
    counts[label]! += 1;
    total += 1;
  }
  return counts.map((count) => (count === 0 ? 0 : total / (classes * count)));
}

/** Mean cross-entropy of the target's tokens with teacher forcing. @returns a scalar */
export function seq2SeqLoss(
  model: Seq2SeqLm,
  { inputIds, attentionMask, decoderIds, labels }: Seq2SeqBatch,
  options: { readonly labelSmoothing?: number } = {},
): Tensor {
  return scope(() =>
    crossEntropy(model.forward(inputIds, decoderIds, { attentionMask }), labels, options),
  );
}
