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
export {
  cosineWithRestarts,
  inverseSqrt,
  polynomial,
  warmupStableDecay,
  type InverseSqrtOptions,
  type PolynomialOptions,
  type RampShape,
  type RestartOptions,
  type WarmupStableDecayOptions,
} from './schedules/decays.ts';
export { exponentialDecay, oneCycle, stepDecay, type OneCycleOptions } from './schedules/cycles.ts';
export {
  reduceOnPlateau,
  type FeedbackSchedule,
  type PlateauOptions,
} from './schedules/plateau.ts';
export { type NamedParameters, type Optimizer, type StepOptions } from './optimizer.ts';
export {
  loraPlusGroups,
  type GroupOptions,
  type ParameterGroup,
} from './optimizers/parameter-groups.ts';
export { sgd, type SgdOptions } from './optimizers/sgd.ts';
export { adagrad, type AdagradOptions } from './optimizers/adagrad.ts';
export { rmsprop, type RmspropOptions } from './optimizers/rmsprop.ts';
export { adadelta, type AdadeltaOptions } from './optimizers/adadelta.ts';
export { adam, type AdamOptions } from './optimizers/adam.ts';
export { adamw, type AdamWOptions } from './optimizers/adamw.ts';
export { adamax, type AdamaxOptions } from './optimizers/adamax.ts';
export { nadam, type NadamOptions } from './optimizers/nadam.ts';
export { radam, type RadamOptions } from './optimizers/radam.ts';
export { adafactor, type AdafactorOptions } from './optimizers/adafactor.ts';
export { lion, type LionOptimizerOptions } from './optimizers/lion.ts';
export { lamb, type LambOptions } from './optimizers/lamb.ts';
export { muon, orthogonalized, type MuonOptions } from './optimizers/muon.ts';
export { scheduleFreeAdamw, type ScheduleFreeOptions } from './optimizers/schedule-free.ts';
export { averaged, type AveragedOptions } from './optimizers/averaged.ts';
export type { ParameterState, Rule, RuleEntry, RuleStep } from './optimizers/rule.ts';
export { RuleOptimizer } from './optimizers/rule-optimizer.ts';
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
export type { BestEvaluation, EvaluationOptions } from './train/evaluation.ts';
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
