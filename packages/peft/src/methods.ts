// The kinds of adapters, by the `peft_type` that adapter_config.json names. To add one, see adapter/method.ts.

import type { AdapterMethod } from './adapter/method.ts';
import { lora } from './lora/lora-method.ts';

export const methods: readonly AdapterMethod[] = [lora];
