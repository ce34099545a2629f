export { CheckpointError, ConfigError, TrainingError } from './errors.ts';
export {
  constant,
  cosine,
  linear,
  type ConstantOptions,
  type CosineOptions,
  type DecayOptions,
  type Schedule,
} from './schedules/schedule.ts';
export { type NamedParameters, type Optimizer, type StepOptions } from './optimizer.ts';
export { AdamW, adamw, type AdamWOptions } from './adamw/adamw.ts';
export { clipByGlobalNorm, clipScale, globalNormOf, type Clipped } from './gradients/clip.ts';
export { GradientSum } from './gradients/gradient-sum.ts';
export {
  mapBatches,
  type BatchSource,
  type JsonValue,
  type Resumable,
} from './batches/batch-source.ts';
export { shuffledBatches, type ShuffledBatches } from './batches/shuffled-batches.ts';
export {
  packedBlocks,
  type PackedBatch,
  type PackedBlocks,
  type PackedBlocksOptions,
  type TokenStream,
} from './batches/packed-blocks.ts';
export { train } from './train/train.ts';
export type {
  CheckpointOptions,
  LoggedNumbers,
  LossContext,
  LossFunction,
  LossResult,
  StepMetrics,
  TrainOptions,
  TrainResult,
} from './train/options.ts';
export {
  findCheckpoint,
  type CheckpointSearch,
  type FoundCheckpoint,
} from './run-folder/find-checkpoint.ts';
export type { StoredState, TrainerState } from './run-folder/trainer-state.ts';
export { createEventFile, type EventFile } from './tensorboard/event-file.ts';
