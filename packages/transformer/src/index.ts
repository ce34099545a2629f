export { completeConfig, configFromGguf, configToJson, parseConfig } from './config/config.ts';
export { stopTokensOf, type ModelConfig, type ModelConfigInput } from './config/config.ts';
export type { Gpt2Config } from './models/gpt2/config.ts';
export type { LlamaConfig } from './models/llama/config.ts';
export { CAUSAL_MODEL_TYPES } from './config/config.ts';
export type { DecoderConfig, DecoderType } from './models/decoder/config.ts';
export type { GptNeoxConfig } from './models/gpt-neox/config.ts';
export { DecoderForCausalLm } from './models/decoder/model.ts';
export { GptNeoxForCausalLm } from './models/gpt-neox/model.ts';
export type { GgufMetadata } from './gguf/metadata.ts';
export { CausalLm, type ModelShape } from './models/causal-lm.ts';
export { tokenLoss, tokenStatistics, type TokenStatisticsOptions } from './models/token-loss.ts';
export type { ForwardOptions } from './models/forward-pass.ts';
export { setGradientCheckpointing, type LayerStack } from './models/run-layer.ts';
export { createModel, type Randomness } from './models/create-model.ts';
export { Gpt2LmHeadModel } from './models/gpt2/model.ts';
export { LlamaForCausalLm } from './models/llama/model.ts';
export { loadModel, readConfig, type LoadOptions } from './checkpoint/load-model.ts';
export type { WeightStorage } from './checkpoint/place-layers.ts';
export { saveModel, type SaveOptions } from './checkpoint/save-model.ts';
export { downloadModel, type HubOptions, type HubProgress } from './hub/download-model.ts';
export { isHubName, parseHubName, type HubName } from './hub/name.ts';
export { saveGguf, type BlockTypeCounts, type SaveGgufOptions } from './gguf/save-gguf.ts';
export { loadRewardModel, loadValueModel, saveHead } from './checkpoint/head-checkpoint.ts';
export { KvCache } from './cache/kv-cache.ts';
export { generate, stream } from './generation/generate.ts';
export type { FinishReason, GenerateResult } from './generation/generate.ts';
export type { GenerateOptions } from './generation/options.ts';
export type {
  ProcessorOptions,
  SamplingOptions,
} from './generation/processors/processor-options.ts';
export type { LogitsProcessor, RowContext } from './generation/processors/processor.ts';
export type { SequenceBias } from './generation/processors/sequence-bias.ts';
export type { TokenLogprob } from './generation/sample.ts';
export { StopText, type TextDecoding, type TokenStream } from './generation/stop-text.ts';
export type { TokenStreams } from './generation/stop-text.ts';
export type { LanguageModel } from './generation/stepper.ts';
export type { CacheView, KeyValueCache } from './cache/key-value-cache.ts';
export { RewardModel } from './heads/reward-model.ts';
export { ValueModel } from './heads/value-model.ts';
export { ScalarHead, type HeadForwardOptions, type HeadOptions } from './heads/scalar-head.ts';
export { CheckpointError, ConfigError, GenerationError, HubError } from './errors.ts';
export { createEncoder, loadEncoder, saveEncoder } from './checkpoint/encoder-checkpoint.ts';
export { EncoderModel } from './models/encoder/model.ts';
export type { EncoderOptions } from './models/encoder/body.ts';
export type { EncoderConfig, EncoderTask, EncoderType } from './models/encoder/config.ts';
export type { EncoderChoices } from './models/encoder/read-config.ts';
export { embed, pool, type EmbedOptions, type Pooling } from './heads/sentence-embedding.ts';
export { createSeq2Seq, loadSeq2Seq, saveSeq2Seq } from './checkpoint/seq2seq-checkpoint.ts';
export { Seq2SeqLm, type DecodeOptions, type SourceMemory } from './models/seq2seq/seq2seq-lm.ts';
export type { Seq2SeqConfig, Seq2SeqType, StackConfig } from './models/seq2seq/config.ts';
export { translate, type TranslateOptions } from './generation/translate.ts';
export { alibiBias, alibiSlopes } from './position/alibi.ts';
export { loadAnyModel, type AnyModel } from './checkpoint/load-any-model.ts';
export { maskTokens, type MaskedTokens, type MaskOptions } from './objectives/mask-tokens.ts';
export {
  corruptSpans,
  type SourceAndTarget,
  type SpanOptions,
} from './objectives/corrupt-spans.ts';
export { denoiseInput, type DenoiseOptions } from './objectives/denoise.ts';
export {
  collateClasses,
  collateMasked,
  collateSeq2Seq,
  collateTexts,
  collateTokenClasses,
  type LabelledBatch,
  type MaskedCollateOptions,
  type PadOptions,
  type Seq2SeqBatch,
  type Seq2SeqCollateOptions,
  type TextBatch,
} from './objectives/collate.ts';
export {
  balancedClassWeights,
  classificationLoss,
  maskedLmLoss,
  seq2SeqLoss,
  type ClassificationLossOptions,
} from './objectives/losses.ts';
export { classify, classifyTokens, type ClassifyOptions } from './heads/classify.ts';
export {
  classificationReport,
  type ClassificationReport,
  type ClassScores,
} from './metrics/classification-report.ts';
export { chrf } from './metrics/chrf.ts';
export { editDistance, errorRate } from './metrics/edit-distance.ts';
export { entityF1, entitySpans, type EntityReport, type EntitySpan } from './metrics/entity-f1.ts';
export { compileConstraint, type ConstraintSource } from './constraint/constraint.ts';
export { GrammarError } from './constraint/expression.ts';
export { TokenConstraint, type VocabularyBytes } from './constraint/token-constraint.ts';
export type { CacheKind } from './cache/create-cache.ts';
export { PromptCache } from './cache/prompt-cache.ts';
export { SlidingCache } from './cache/sliding-cache.ts';
export {
  ContinuousBatcher,
  type BatcherOptions,
  type BatcherStats,
} from './generation/batching/continuous-batcher.ts';
export type { BatchRequest, RequestResult } from './generation/batching/request.ts';
export type { Decoded } from './generation/decode.ts';
export { inspect, inspectSeq2Seq } from './models/inspect.ts';
export type { Inspection, Seq2SeqInspection } from './models/inspect.ts';
export type { TraceOptions } from './models/trace.ts';
