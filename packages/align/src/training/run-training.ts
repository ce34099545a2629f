// What SFT, reward and DPO training share: shuffled batches of examples held in memory, a default optimizer, and
// @llm/optim's loop, which brings clipping, accumulation, checkpoints and resuming.
import { adamw, mapBatches, shuffledBatches, train } from '@llm/optim';
import type { BatchSource, Optimizer, TrainOptions, TrainResult } from '@llm/optim';
import { Generator } from '@llm/tensor';
import type { nn } from '@llm/tensor';
import { DataError } from '../errors.ts';

/** Options of every trainer; those not described here go to `train` as they are. */
export interface TrainerOptions extends Pick<
  TrainOptions<never>,
  | 'schedule'
  | 'maxGradNorm'
  | 'checkpoint'
  | 'evaluation'
  | 'resume'
  | 'onStep'
  | 'signal'
  | 'workers'
> {
  /** Updates to make. */
  steps: number;
  /** Rows, or pairs, of a micro-batch. @default 8 */
  batchSize?: number;
  /** Micro-batches of one update. @default 1 */
  accumulation?: number;
  /** Yours to dispose. @default AdamW without weight decay at `learningRate` */
  optimizer?: Optimizer;
  /** Rate of the default optimizer; each trainer names its own default. */
  learningRate?: number;
  /** Same seed, same data, same model: same run. @default 0 */
  seed?: number;
  /** The generator that the model's dropout draws from, so that checkpoints keep it. @default one from `seed` */
  generator?: Generator;
  /** Id that fills up short rows; it is masked. @default 0 */
  padTokenId?: number;
}

/** What one trainer adds. */
export interface TrainerParts<Batch> extends Pick<
  TrainOptions<Batch>,
  'model' | 'loss' | 'weight' | 'tokens' | 'resumables' | 'frozen'
> {
  readonly batches: BatchSource<Batch>;
  readonly learningRate: number;
}

/** Tokens of a batch that are not padding, for the speed. */
export function countTokens(batch: { readonly attentionMask: Int32Array }): number {
  return batch.attentionMask.reduce((sum, keep) => sum + keep, 0);
}

/** Runs `train` and disposes the optimizer if it was made here. */
export async function runTraining<Batch>(
  options: TrainerOptions,
  parts: TrainerParts<Batch>,
): Promise<TrainResult> {
  const { steps, accumulation, schedule, maxGradNorm, checkpoint, evaluation } = options;
  const { resume, onStep, signal, workers } = options;
  const passedOn = {
    steps,
    accumulation,
    schedule,
    maxGradNorm,
    checkpoint,
    resume,
    onStep,
    signal,
    evaluation,
    workers,
  };
  const { learningRate, ...rest } = parts;
  const optimizer = options.optimizer ?? adamw({ learningRate, weightDecay: 0 });
  const wasTraining = parts.model.training;
  const generator = options.generator ? { generator: options.generator } : {};
  try {
    return await train<Batch>({ ...passedOn, ...rest, ...generator, optimizer });
  } finally {
    if (!wasTraining) parts.model.eval();
    if (!options.optimizer) optimizer.dispose();
  }
}

/** Batches of examples in a new random order each epoch. */
export function exampleBatches<Example, Batch>(
  op: string,
  examples: readonly Example[],
  options: TrainerOptions & { collate: (rows: Example[]) => Batch },
): BatchSource<Batch> {
  const { batchSize = 8, seed = 0 } = options;
  if (examples.length === 0) {
    throw new DataError(`${op}: examples: expected at least one, got 0. Give it data.`);
  }
  const indices = shuffledBatches(examples.length, batchSize, new Generator(seed));
  return mapBatches(indices, (batch) =>
    options.collate(Array.from(batch, (index) => examples[index]!)),
  );
}

/** Preference training is deterministic: dropout would add noise to the very difference it learns from (as TRL). */
export function withoutDropout(model: nn.Module): void {
  if (model.training) model.eval();
}
