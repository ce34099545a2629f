export {
  ELU,
  GELU,
  LeakyReLU,
  LogSoftmax,
  PReLU,
  ReLU,
  Sigmoid,
  SiLU,
  Softmax,
  Softplus,
  Tanh,
} from './activations.ts';
export {
  BatchNorm,
  BatchNorm as BatchNorm1d,
  BatchNorm as BatchNorm2d,
  type BatchNormOptions,
} from './batch-norm.ts';
export { buffer } from './buffer.ts';
export { Conv1d, Conv2d, type ConvOptions, type PerAxis } from './conv.ts';
export { Dropout } from './dropout.ts';
export { Embedding, type EmbeddingOptions } from './embedding.ts';
export { LayerNorm } from './layer-norm.ts';
export { Linear, type LinearOptions } from './linear.ts';
export type { LoadOptions, LoadReport } from './load-state-dict.ts';
export { Module } from './module.ts';
export { assignParameter, parameter } from './parameter.ts';
export { toCamelPath, toSnakePath } from './parameter-path.ts';
export { QuantizedEmbedding } from './quantized-embedding.ts';
export { QuantizedLinear } from './quantized-linear.ts';
export {
  AdaptiveAvgPool1d,
  AdaptiveAvgPool2d,
  AvgPool1d,
  AvgPool2d,
  MaxPool1d,
  MaxPool2d,
  type AvgPoolOptions,
  type PoolOptions,
} from './pooling.ts';
export {
  GRU,
  LSTM,
  RNN,
  type LstmResult,
  type LstmStart,
  type RecurrentOptions,
  type RecurrentResult,
  type RecurrentStart,
} from './recurrent.ts';
export { RMSNorm } from './rms-norm.ts';
export { McCullochPittsNeuron } from './threshold-unit.ts';
