/** @llm/tensor: tfjs-core's array API plus backends, fused operations and modules. Importing registers nothing. */
export * as tf from '@tensorflow/tfjs-core';
export type {
  DataType,
  Rank,
  Scalar,
  Tensor,
  Tensor1D,
  Tensor2D,
  Tensor3D,
  Tensor4D,
  TensorLike,
  TypedArray,
  Variable,
} from '@tensorflow/tfjs-core';
export { useBackend } from './backends/use-backend.ts';
export { inspectBackends } from './backends/inspect-backends.ts';
export type { BackendName, BackendOptions, BackendReport, LadderRung } from './backends/report.ts';
export {
  kernelStats,
  memoryStats,
  resetKernelStats,
  resetPeakMemory,
} from './memory/statistics.ts';
export type { CategoryBytes, KernelStats, MemoryStats } from './memory/statistics.ts';
export { inCategory, setCategory } from './memory/category.ts';
export { capture, type Capture } from './capture/capture.ts';
export { overwrite } from './capture/overwrite.ts';
export { scope } from './memory/scope.ts';
export { FormatError, ShapeError, UnsupportedError } from './errors/errors.ts';
export { attention, type AttentionOptions } from './ops/attention.ts';
export {
  cacheAttention,
  packedRowWords,
  packRows,
  pagedCacheWrite,
  unpackRows,
  type CacheAttentionOptions,
  type CacheBlocks,
} from './ops/cache-attention.ts';
export type { CacheBits } from './kernels/packed-rows.ts';
export { gelu, silu, swiglu } from './ops/activation.ts';
export {
  crossEntropy,
  IGNORE_INDEX,
  logProbs,
  type CrossEntropyOptions,
} from './ops/cross-entropy.ts';
export {
  linearCrossEntropy,
  linearLogProbs,
  linearTokenStatistics,
  type LinearTokenStatistics,
} from './ops/linear-cross-entropy.ts';
export { int8Linear, quantizeInt8 } from './ops/int8-linear.ts';
export { kvCacheWrite } from './ops/kv-cache-write.ts';
export * from './losses/index.ts';
export { linear } from './ops/linear.ts';
export { recurrent, type RecurrentInputs, type RecurrentOutputs } from './ops/recurrent.ts';
export { layerNorm, rmsNorm } from './ops/norm.ts';
export {
  quantizedEmbedding,
  quantizedLinear,
  type QuantizedLinearOptions,
} from './ops/quantized.ts';
export { isQuantizedType, type QuantizedType } from './quantized/quantized-types.ts';
export { Int8Weight } from './quantized/int8-weight.ts';
export { QuantizedWeight } from './quantized/quantized-weight.ts';
export { rotary } from './ops/rotary.ts';
export type { RotaryScaling } from './ops/rotary-scaling.ts';
export { rotaryTables, type RotaryTables } from './ops/rotary-tables.ts';
export { addInto } from './ops/add-into.ts';
export { adamWStep, type AdamWOptions, type AdamWTensors } from './ops/adam-w-step.ts';
export { lionStep, type LionOptions } from './ops/lion-step.ts';
export { sgdMomentumStep, type SgdMomentumOptions } from './ops/sgd-momentum-step.ts';
export type { OptimizerTensors } from './ops/optimizer-tensors.ts';
export { dropout } from './ops/dropout.ts';
export { embedding } from './ops/embedding.ts';
export { globalNorm } from './ops/global-norm.ts';
export { checkpoint, noGradient, stopGradient, valueAndGrads } from './autodiff/index.ts';
export type { LossWithMetrics, ValueAndGrads } from './autodiff/index.ts';
export {
  activationStorage,
  setActivationStorage,
  type ActivationStorage,
} from './precision/activation-storage.ts';
export {
  matmulPrecision,
  setMatmulPrecision,
  type MatmulPrecision,
} from './precision/matmul-precision.ts';
export { measureMachinePeak, type MachinePeak } from './profile/machine-peak.ts';
export { profile, type Profile } from './profile/profile.ts';
export type { KernelProfile } from './profile/profiler.ts';
export { Generator, type GeneratorState } from './random/generator.ts';
export * as nn from './nn/index.ts';
