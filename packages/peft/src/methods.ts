// The kinds of adapters, by the `peft_type` that adapter_config.json names. To add one, see adapter/method.ts.

import type { AdapterMethod } from './adapter/method.ts';
import { bottleneck } from './bottleneck/bottleneck-method.ts';
import { lora } from './lora/lora-method.ts';
import { multitaskPromptTuning } from './prompts/multitask-prompt-tuning.ts';
import { pTuning } from './prompts/p-tuning.ts';
import { prefixTuning } from './prompts/prefix-tuning.ts';
import { promptTuning } from './prompts/prompt-tuning.ts';

export const methods: readonly AdapterMethod[] = [
  lora,
  bottleneck,
  promptTuning,
  pTuning,
  prefixTuning,
  multitaskPromptTuning,
];
