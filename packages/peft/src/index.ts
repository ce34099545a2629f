export { AdapterError } from './errors.ts';
export { addLora } from './lora/add-lora.ts';
export { addBottleneck, type BottleneckOptions } from './bottleneck/add-bottleneck.ts';
export {
  type BottleneckConfig,
  type BottleneckInit,
  type BottleneckKind,
  type NonLinearity,
} from './bottleneck/bottleneck-config.ts';
export {
  activeAdapters,
  adapterNames,
  deleteAdapter,
  disableAdapters,
  removeAdapters,
  setActiveAdapters,
} from './adapter/adapters.ts';
export { mergedAdapters } from './adapter/switching.ts';
export { withRowAdapters } from './adapter/rows.ts';
export { setAdapterScale } from './adapter/scale.ts';
export {
  addWeightedAdapter,
  type CombinationType,
  type WeightedAdapterOptions,
} from './combine/add-weighted-adapter.ts';
export { swapAdapter } from './format/swap-adapter.ts';
export { mergeAdapter, mergeAndRemove, unmergeAdapter, type MergeReport } from './merge.ts';
export { countParameters, formatCounts, type ParameterCounts } from './count.ts';
export {
  adapterParameters,
  loadAdapter,
  saveAdapter,
  type LoadAdapterOptions,
  type LoadedAdapter,
} from './format/adapter-files.ts';
export { type AdapterNotes } from './format/adapter-config.ts';
export { AdapterPart, AdapterSite } from './adapter/adapter-site.ts';
export { AdaptedLayer } from './adapter/adapted-layer.ts';
export { LayerPart, type Layer, type ParameterValues } from './adapter/layer-part.ts';
export { type AdapterInfo, type AdapterMethod, type NewAdapter } from './adapter/method.ts';
export {
  type LoraConfig,
  type LoraInit,
  type LoraOptions,
  type TrainedBiases,
} from './lora/lora-config.ts';
export { LoraPart } from './lora/lora-part.ts';
export {
  addPromptTuning,
  type PromptText,
  type PromptTuningConfig,
  type PromptTuningOptions,
} from './prompts/prompt-tuning.ts';
export {
  addPTuning,
  type PromptEncoderKind,
  type PTuningConfig,
  type PTuningOptions,
} from './prompts/p-tuning.ts';
export {
  addPrefixTuning,
  type PrefixTuningConfig,
  type PrefixTuningOptions,
} from './prompts/prefix-tuning.ts';
export {
  addMultitaskPromptTuning,
  setTasks,
  type MultitaskPromptConfig,
  type MultitaskPromptOptions,
} from './prompts/multitask-prompt-tuning.ts';
export { type PromptConfig } from './prompts/prompt-config.ts';
export {
  type Promptable,
  type PromptShape,
  type SoftPrompt,
  type SoftPromptSource,
} from './prompts/promptable.ts';
export { type TargetModules, type TargetRules } from './targets/match-targets.ts';
export { defaultTargets } from './targets/default-targets.ts';
