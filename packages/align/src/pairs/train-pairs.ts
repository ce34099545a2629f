// The loop that trainers on pairs share: dropout off, batches weighed by their pairs.
import type { LossResult, TrainResult } from '@llm/optim';
import type { CausalLm } from '@llm/transformer';
import type { PairBatch } from '../data/collate.ts';
import {
  countTokens,
  exampleBatches,
  runTraining,
  withoutDropout,
} from '../training/run-training.ts';
import type { TrainerOptions } from '../training/run-training.ts';

export interface PairTrainerOptions<Example> extends TrainerOptions {
  /** Trained in place: all of it, or what is not frozen (an adapter). */
  model: CausalLm;
  examples: readonly Example[];
}

/** @param op the trainer's name, for errors */
export function trainPairs<Example, Batch extends PairBatch>(
  op: string,
  options: PairTrainerOptions<Example>,
  parts: {
    readonly learningRate: number;
    readonly collate: (rows: Example[]) => Batch;
    readonly loss: (batch: Batch) => LossResult;
  },
): Promise<TrainResult> {
  const { model } = options;
  return runTraining<Batch>(options, {
    model,
    learningRate: options.learningRate ?? parts.learningRate,
    batches: exampleBatches(op, options.examples, { ...options, collate: parts.collate }),
    loss: (batch) => {
      withoutDropout(model);
      return parts.loss(batch);
    },
    weight: (batch) => batch.pairs,
    tokens: countTokens,
  });
}
