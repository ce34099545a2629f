// One update: gradients of `accumulation` micro-batches, checked, clipped, and applied.

import { tf, valueAndGrads, type Tensor } from '@llm/tensor';
import { TrainingError } from '../errors.ts';
import { clipScale, globalNormOf } from '../gradients/clip.ts';
import { GradientSum } from '../gradients/gradient-sum.ts';
import { disposeBatch } from './dispose-batch.ts';
import { MeanMetrics } from './mean-metrics.ts';
import type { LossContext, LossResult, TrainOptions } from './options.ts';

export interface UpdateResult {
  readonly loss: number;
  readonly gradNorm: number;
  readonly learningRate: number;
  readonly tokens: number;
  readonly metrics: Record<string, number>;
}

/** Makes update number `step` (from 1). Throws TrainingError, before changing anything, when a number is not finite. */
export async function makeUpdate<Batch>(
  options: TrainOptions<Batch>,
  step: number,
): Promise<UpdateResult> {
  const { optimizer, schedule, maxGradNorm = 1 } = options;
  const sum = new GradientSum();
  const metrics = new MeanMetrics();
  try {
    const tokens = await accumulate(options, step, { sum, metrics });
    const gradNorm = globalNormOf(sum.grads) * sum.scale;
    checkFinite('gradient norm', gradNorm, step);
    const gradScale = clipScale(gradNorm, maxGradNorm) * sum.scale;
    const learningRate = schedule?.(step - 1) ?? optimizer.learningRate;
    optimizer.step(sum.grads, { learningRate, gradScale });
    return { loss: sum.loss, gradNorm, learningRate, tokens, metrics: metrics.means() };
  } finally {
    sum.dispose();
  }
}

interface Sums {
  readonly sum: GradientSum;
  readonly metrics: MeanMetrics;
}

/** Adds up the micro-batches of one update. Returns the tokens in them. */
async function accumulate<Batch>(
  options: TrainOptions<Batch>,
  step: number,
  sums: Sums,
): Promise<number> {
  const { batches, accumulation = 1, generator } = options;
  let tokens = 0;
  for (let microBatch = 0; microBatch < accumulation; microBatch++) {
    const batch = await batches.next();
    try {
      tokens += options.tokens?.(batch) ?? 0;
      addMicroBatch(options, batch, { step, microBatch, generator }, sums);
    } finally {
      disposeBatch(batch);
    }
  }
  if (sums.sum.weight > 0) return tokens;
  throw new TrainingError(
    `train: weight: expected a batch with something to learn from at step ${step}, got weight 0. ` +
      'Are all labels ignored? A completion may have been cut off by the maximum length.',
  );
}

function addMicroBatch<Batch>(
  options: TrainOptions<Batch>,
  batch: Batch,
  context: LossContext,
  { sum, metrics }: Sums,
): void {
  const weight = options.weight?.(batch) ?? 1;
  if (weight === 0) return; // nothing counts in it: its mean loss is 0/0
  const { value, grads } = valueAndGrads(
    () => toLossResult(options.loss(batch, context)),
    [...options.optimizer.parameters],
  );
  const [loss = NaN] = value.loss.dataSync();
  metrics.add(value.metrics ?? {}, weight);
  tf.dispose([value.loss, value.metrics ?? {}]);
  sum.add(loss, grads, weight);
  checkFinite('loss', loss, context.step);
}

function toLossResult(value: Tensor | LossResult): LossResult {
  return value instanceof tf.Tensor ? { loss: value } : value;
}

function checkFinite(what: string, value: number, step: number): void {
  if (Number.isFinite(value)) return;
  throw new TrainingError(
    `train: ${what}: expected a finite number, got ${value} at step ${step}. ` +
      'The parameters are as they were before this step. Lower the learning rate, warm up longer, ' +
      'or look at the batch.',
  );
}
