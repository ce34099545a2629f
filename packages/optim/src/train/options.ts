// What a training run is made of.

import type { Generator, nn, Tensor } from '@llm/tensor';
import type { BatchSource, Resumable } from '../batches/batch-source.ts';
import type { Optimizer } from '../optimizer.ts';
import type { Schedule } from '../schedules/schedule.ts';
import type { BestEvaluation, EvaluationOptions } from './evaluation.ts';
import type { Workers } from './workers.ts';

/** What a loss function learns beside its batch. */
export interface LossContext {
  /** The update being computed, from 1. */
  readonly step: number;
  /** Which of the `accumulation` micro-batches, from 0. */
  readonly microBatch: number;
  /** The run's generator, when it was given one. */
  readonly generator: Generator | undefined;
}

/** A mean loss, and numbers to log beside it (scalars, averaged like the loss). */
export interface LossResult {
  readonly loss: Tensor;
  readonly metrics?: Record<string, Tensor>;
}

export type LossFunction<Batch> = (batch: Batch, context: LossContext) => Tensor | LossResult;

/** Metrics of one update. */
export interface StepMetrics {
  /** From 1. */
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  /** Before clipping. */
  readonly gradNorm: number;
  readonly learningRate: number;
  /** Tokens of this update over its time; only when `tokens` is given. */
  readonly tokensPerSecond?: number;
  /** Expected time to the end of the run, from the last updates' speed. */
  readonly secondsLeft: number;
  /** Whatever the loss function returned as metrics. */
  readonly metrics: Readonly<Record<string, number>>;
}

export interface CheckpointOptions {
  /** The run folder; made when it does not exist. */
  readonly directory: string;
  /** Updates between checkpoints. The last update always makes one. @default 500 */
  readonly every?: number;
  /** Newest checkpoints kept. @default 2 */
  readonly keep?: number;
  /**
   * Writes the model into a directory in the caller's own form (config, tokenizer, weights).
   * @default model.safetensors with every parameter under its snake_case path
   */
  readonly save?: (directory: string) => Promise<void>;
  /**
   * Reads what `save` wrote back into the model, bit for bit. Without it, and with `save`, the loop keeps the
   * trained parameters in a file of its own, parameters.safetensors.
   */
  readonly load?: (directory: string) => Promise<void>;
}

export interface TrainOptions<Batch> {
  /** Only its trainable parameters are updated. */
  readonly model: nn.Module;
  /** Runs under a gradient tape: returns the mean loss of a batch. Must be synchronous. */
  readonly loss: LossFunction<Batch>;
  /** Tensors directly in a batch (itself, its items, its properties) are disposed after use. */
  readonly batches: BatchSource<Batch>;
  readonly optimizer: Optimizer;
  /** Learning rate by updates made. @default the optimizer's own rate */
  readonly schedule?: Schedule;
  /** Updates of the whole run, those before a resume included. */
  readonly steps: number;
  /** Micro-batches of one update, of all workers together: a multiple of their number. @default 1 */
  readonly accumulation?: number;
  /** Items that a batch's mean loss is over; micro-batches are averaged with it. @default 1 */
  readonly weight?: (batch: Batch) => number;
  /** Tokens in a batch, for the speed only. */
  readonly tokens?: (batch: Batch) => number;
  /** Gradients are clipped to this global norm; Infinity switches it off. @default 1 */
  readonly maxGradNorm?: number;
  readonly checkpoint?: CheckpointOptions;
  /** A held-out number now and then: the best model kept, early stopping, a schedule that listens. */
  readonly evaluation?: EvaluationOptions;
  /** Go on from the newest whole checkpoint, or start when there is none. @default false */
  readonly resume?: boolean;
  /** After each update; numbers that it returns are logged too. */
  readonly onStep?: (metrics: StepMetrics) => LoggedNumbers | Promise<LoggedNumbers>;
  /** Ends the run after the current update, with a checkpoint. */
  readonly signal?: AbortSignal;
  /** Everything random in the loss and the model must draw from it for a resume to give the same bits. */
  readonly generator?: Generator;
  /** Modules that change without the optimizer, by name: a reference that follows the policy. Checkpoints keep their
   *  parameters in `<name>.safetensors`. */
  readonly frozen?: Readonly<Record<string, nn.Module>>;
  /** More state to keep in checkpoints, by name. */
  readonly resumables?: Readonly<Record<string, Resumable>>;
  /**
   * The processes that train together, from `dataParallel(group)` of @llm/optim/distributed. Each calls `train` with the
   * same options; rank 0 alone writes files and needs `checkpoint`. @default this process alone
   */
  readonly workers?: Workers;
  /** Seconds; for tests. @default the process clock */
  readonly now?: () => number;
}

/** What onStep may return: nothing, or more numbers for the logs, such as a held-out loss. */
export type LoggedNumbers = void | Readonly<Record<string, number>>;

export interface TrainResult {
  /** Updates made in all. */
  readonly step: number;
  /** `early`: evaluations got no better. */
  readonly stopReason: 'finished' | 'aborted' | 'early';
  /** The best evaluation of the run, where it evaluates. */
  readonly best?: BestEvaluation;
  /** Of the last update of this call; undefined when there was none to make. */
  readonly lastMetrics: StepMetrics | undefined;
  /** The update that this call resumed after; 0 for a fresh start. */
  readonly resumedFrom: number;
  /** Damaged checkpoints that a resume passed over, each with its reason. */
  readonly rejectedCheckpoints: readonly string[];
}
