// Supervised fine-tuning: next-token loss on completions only (the prompt is read, not learnt).
import type { TrainResult } from '@llm/optim';
import type { CausalLm } from '@llm/transformer';
import { collate } from '../data/collate.ts';
import type { TokenBatch } from '../data/collate.ts';
import type { SftExample } from '../data/tokenize-sft.ts';
import { completionLogprobs } from '../logprobs/completion-logprobs.ts';
import { meanEntropy, tokenAccuracy } from '../logprobs/token-statistics.ts';
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
}

/** Fine-tunes `model`. The default learning rate is 2e-5; with an adapter take about 2e-4.
 *  Every trained token of an update weighs the same, also across accumulated micro-batches.
 *  Metrics: `entropy`, `mean_token_accuracy`. */
export async function trainSft(options: SftOptions): Promise<TrainResult> {
  const { model, examples, lossType = 'nll', learningRate = 2e-5, padTokenId } = options;
  const batches = exampleBatches('trainSft', examples, {
    ...options,
    collate: (rows: SftExample[]) => collate(rows, { padTokenId }),
  });
  return runTraining<TokenBatch>(options, {
    model,
    batches,
    learningRate,
    loss: (batch) => {
      const { logprobs, logits, labels } = completionLogprobs(model, batch);
      const metrics = {
        entropy: meanEntropy(logits),
        mean_token_accuracy: tokenAccuracy(logits, labels),
      };
      return { loss: sftLoss(logprobs, undefined, { lossType }), metrics };
    },
    weight: (batch) => trainedPositions(batch).positions.length,
    tokens: (batch) => batch.attentionMask.reduce((sum, keep) => sum + keep, 0),
  });
}
