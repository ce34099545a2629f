// One update: gradients of `accumulation` micro-batches, summed in their order, checked, clipped, and applied.
// With workers, micro-batch m is computed by worker m mod N.

import { tf, valueAndGrads, type Tensor } from '@llm/tensor';
import { skipBatches } from '../batches/batch-source.ts';
import { TrainingError } from '../errors.ts';
import { clipScale } from '../gradients/clip.ts';
import { GradientSum } from '../gradients/gradient-sum.ts';
import { disposeBatch } from './dispose-batch.ts';
import { MeanMetrics, readScalars } from './mean-metrics.ts';
import { MicroBatchStreams } from './micro-batch-streams.ts';
import type { LossContext, LossResult, TrainOptions } from './options.ts';
import type { MicroBatchReport, Workers } from './workers.ts';

export interface UpdateResult {
  readonly loss: number;
  readonly gradNorm: number;
  readonly learningRate: number;
  readonly tokens: number;
  readonly metrics: Record<string, number>;
  /** Some worker was asked to stop. */
  readonly isAborted: boolean;
}

/** Makes update number `step` (from 1). Throws TrainingError, before changing anything, when a number is not finite. */
export async function makeUpdate<Batch>(
  options: TrainOptions<Batch>,
  workers: Workers,
  step: number,
): Promise<UpdateResult> {
  const { optimizer, schedule, maxGradNorm = 1 } = options;
  const sum = new GradientSum();
  try {
    const { metrics, ...totals } = await accumulate(options, workers, { step, sum });
    const gradNorm = (await workers.norm(sum.grads)) * sum.scale;
    checkFinite('gradient norm', gradNorm, step);
    const gradScale = clipScale(gradNorm, maxGradNorm) * sum.scale;
    const learningRate = schedule?.(step - 1) ?? optimizer.learningRate;
    await workers.step(optimizer, sum.grads, { learningRate, gradScale });
    return { ...totals, loss: sum.loss, gradNorm, learningRate, metrics: metrics.means() };
  } finally {
    sum.dispose();
  }
}

interface Totals {
  readonly tokens: number;
  readonly isAborted: boolean;
  readonly metrics: MeanMetrics;
}

/** Adds up the micro-batches of one update, everybody's in the same order. */
async function accumulate<Batch>(
  options: TrainOptions<Batch>,
  workers: Workers,
  { step, sum }: { readonly step: number; readonly sum: GradientSum },
): Promise<Totals> {
  const { accumulation = 1, generator } = options;
  const { rank, size } = workers;
  const metrics = new MeanMetrics();
  const streams = new MicroBatchStreams(generator, accumulation);
  const all: MicroBatchReport[] = [];
  for (let first = 0; first < accumulation; first += size) {
    const microBatch = first + rank;
    streams.begin(microBatch);
    const own = await ownMicroBatch(options, workers, { step, microBatch, generator });
    const reports = await workers.reports(own.report).catch(disposing(own.grads));
    const byRank = await workers.exchange(own.grads, reports);
    reports.forEach(({ loss, weight, metrics: numbers }, from) => {
      if (weight === 0) return;
      sum.add(loss, byRank[from] ?? [], weight);
      metrics.add(numbers, weight);
    });
    for (const { loss, weight } of reports) if (weight > 0) checkFinite('loss', loss, step);
    all.push(...reports);
  }
  streams.end();
  checkWeight(sum.weight, step);
  const tokens = all.reduce((total, report) => total + report.tokens, 0);
  return { tokens, metrics, isAborted: all.some((report) => report.isAborted) };
}

interface MicroBatch {
  readonly report: MicroBatchReport;
  /** None when nothing counts in the batch: its mean loss is 0/0. */
  readonly grads: Tensor[] | undefined;
}

/** Takes this worker's batch of the round and passes over the others'. */
async function ownMicroBatch<Batch>(
  options: TrainOptions<Batch>,
  { rank, size, parameters }: Workers,
  context: LossContext,
): Promise<MicroBatch> {
  const { batches, signal } = options;
  await skipBatches(batches, rank, disposeBatch);
  const batch = await batches.next();
  try {
    const tokens = options.tokens?.(batch) ?? 0;
    const weight = options.weight?.(batch) ?? 1;
    const computed =
      weight === 0
        ? { loss: 0, metrics: {}, grads: undefined }
        : gradientsOf(() => toLossResult(options.loss(batch, context)), parameters);
    await skipBatches(batches, size - 1 - rank, disposeBatch);
    const { grads, ...numbers } = computed;
    return { report: { ...numbers, weight, tokens, isAborted: signal?.aborted ?? false }, grads };
  } finally {
    disposeBatch(batch);
  }
}

function gradientsOf(loss: () => LossResult, parameters: Workers['parameters']) {
  const { value, grads } = valueAndGrads(loss, [...parameters]);
  try {
    const [number = NaN] = value.loss.dataSync();
    return { loss: number, metrics: readScalars(value.metrics ?? {}), grads };
  } catch (error) {
    tf.dispose(grads);
    throw error;
  } finally {
    tf.dispose([value.loss, value.metrics ?? {}]);
  }
}

function toLossResult(value: Tensor | LossResult): LossResult {
  return value instanceof tf.Tensor ? { loss: value } : value;
}

function disposing(grads: Tensor[] | undefined) {
  return (error: unknown): never => {
    tf.dispose(grads ?? []);
    throw error;
  };
}

function checkWeight(weight: number, step: number): void {
  if (weight > 0) return;
  throw new TrainingError(
    `train: weight: expected a batch with something to learn from at step ${step}, got weight 0. ` +
      'Are all labels ignored? A completion may have been cut off by the maximum length.',
  );
}

function checkFinite(what: string, value: number, step: number): void {
  if (Number.isFinite(value)) return;
  throw new TrainingError(
    `train: ${what}: expected a finite number, got ${value} at step ${step}. ` +
      'The parameters are as they were before this step. Lower the learning rate, warm up longer, ' +
      'or look at the batch.',
  );
}
