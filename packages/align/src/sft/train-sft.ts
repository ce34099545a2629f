// Supervised fine-tuning: next-token loss on completions only (the prompt is read, not learnt).
import type { TrainResult } from '@llm/optim';
import { tf } from '@llm/tensor';
import type { CausalLm } from '@llm/transformer';
import { collate } from '../data/collate.ts';
import type { TokenBatch } from '../data/collate.ts';
import type { SftExample } from '../data/tokenize-sft.ts';
import { ConfigError } from '../errors.ts';
import { completionLogprobs, completionLoss } from '../logprobs/completion-logprobs.ts';
import { trainedPositions } from '../logprobs/trained-positions.ts';
import { exampleBatches, runTraining } from '../training/run-training.ts';
import type { TrainerOptions } from '../training/run-training.ts';
import { sftLoss } from './sft-loss.ts';
import type { SftLossType } from './sft-loss.ts';

export interface SftOptions extends TrainerOptions {
  /** Trained in place: all of it, or what is not frozen (an adapter). */
  model: CausalLm;
  /** From tokenizeSft. */
  examples: readonly SftExample[];
  /** @default 'nll' */
  lossType?: SftLossType;
  /** ε: (1 − ε)·(−log p of the label) + ε·(mean of −log p over the vocabulary), as Transformers'
   *  label_smoothing_factor; only with nll. 0 ≤ ε < 1. @default 0 */
  labelSmoothing?: number;
}

/** Fine-tunes `model`. The default learning rate is 2e-5; with an adapter take about 2e-4.
 *  Every trained token of an update weighs the same, also across accumulated micro-batches.
 *  Metrics: `entropy`, `mean_token_accuracy`. */
export async function trainSft(options: SftOptions): Promise<TrainResult> {
  const { model, examples, learningRate = 2e-5, padTokenId } = options;
  checkSmoothing(options);
  const batches = exampleBatches('trainSft', examples, {
    ...options,
    collate: (rows: SftExample[]) => collate(rows, { padTokenId }),
  });
  return runTraining<TokenBatch>(options, {
    model,
    batches,
    learningRate,
    loss: (batch) => {
      const { loss, entropies, hits } = lossOf(batch, options);
      return { loss, metrics: { entropy: tf.mean(entropies), mean_token_accuracy: tf.mean(hits) } };
    },
    weight: (batch) => trainedPositions(batch).positions.length,
    tokens: (batch) => batch.attentionMask.reduce((sum, keep) => sum + keep, 0),
  });
}

function lossOf(batch: TokenBatch, { model, lossType = 'nll', labelSmoothing }: SftOptions) {
  if (lossType === 'nll') return completionLoss(model, batch, { labelSmoothing });
  const { logprobs, ...statistics } = completionLogprobs(model, batch);
  return { loss: sftLoss(logprobs, undefined, { lossType }), ...statistics };
}

function checkSmoothing({ lossType = 'nll', labelSmoothing = 0 }: SftOptions): void {
  if (!(labelSmoothing >= 0 && labelSmoothing < 1)) {
    throw new ConfigError(
      `trainSft: labelSmoothing: expected 0 ≤ ε < 1, got ${labelSmoothing}. The usual value is 0.1.`,
    );
  }
  if (labelSmoothing > 0 && lossType !== 'nll') {
    throw new ConfigError(
      `trainSft: labelSmoothing: expected lossType nll beside it, got ${lossType}. Leave one of them out.`,
    );
  }
}
