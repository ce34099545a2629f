export { ConfigError } from './errors.ts';
export { shapeFromConfig, type ConfigJson, type ModelShape } from './model-shape.ts';
export { parseParameterCount, shapeFromParameterCount } from './nominal-shape.ts';
export {
  configFromGgufHeader,
  weightTypeFromGgufHeader,
  type GgufHeaderOptions,
} from './gguf-header.ts';
export { resolveShape, type ModelSource } from './resolve-shape.ts';
export {
  parameterCount,
  parameterTensors,
  paramsFromConfig,
  type ParameterTensor,
} from './parameters.ts';
export {
  bytesPerWeight,
  matrixBytes,
  parseWeightType,
  WEIGHT_TYPES,
  type BlockLayout,
  type WeightType,
} from './weight-types.ts';
export { ggufTensorBytes, weightBytes, type WeightOptions } from './weights.ts';
export { kvCacheBytes, kvCacheBytesPerToken, type KvCacheOptions } from './kv-cache.ts';
export {
  activationBytes,
  checkpointedActivationBytes,
  savedActivationBytes,
  savedNumbersPerLayer,
  type ActivationOptions,
} from './activations.ts';
export { loraParameterCount, type LoraShape } from './lora.ts';
export { inputOutputBytes, logitBytesPerToken } from './input-output.ts';
export { partBytes, type MemoryBreakdown, type MemoryPart } from './breakdown.ts';
export { inferenceMemory, type InferenceOptions } from './inference.ts';
export {
  gradientBytes,
  lossBytes,
  optimizerBytes,
  trainingMemory,
  type TrainingOptions,
} from './training.ts';
export {
  formatBinaryBytes,
  formatBytes,
  formatGibibytes,
  formatGigabytes,
  formatShare,
} from './format.ts';
