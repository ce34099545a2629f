export { AdapterError } from './errors.ts';
export { addLora } from './add-lora.ts';
export {
  activeAdapters,
  adapterNames,
  deleteAdapter,
  disableAdapters,
  mergedAdapters,
  removeAdapters,
  setActiveAdapters,
} from './adapters.ts';
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
export { type LoraConfig, type LoraOptions, type TargetModules } from './lora/lora-config.ts';
export { LoraLinear, type LinearLike } from './lora/lora-linear.ts';
export { LoraAdapter } from './lora/lora-adapter.ts';
export { defaultTargets } from './targets/default-targets.ts';
