// Puts bottleneck adapters into a model.

import { Generator, nn } from '@llm/tensor';
import { insertAdapter } from '../adapter/insert-adapter.ts';
import {
  checkBottleneck,
  PRESETS,
  type BottleneckConfig,
  type BottleneckKind,
} from './bottleneck-config.ts';
import { bottleneck } from './bottleneck-method.ts';

export interface BottleneckOptions extends Partial<BottleneckConfig> {
  /** The preset that the other options change. @default 'double_seq_bn' */
  readonly kind?: BottleneckKind;
  /** Source of initial values and of dropout. @default new Generator(0) */
  readonly generator?: Generator;
  /** Path in this model → path in the Transformers model. @default snake_case */
  readonly moduleName?: (path: string) => string;
}

/**
 * Adds an adapter of small networks and freezes all other parameters; see addLora for several adapters on one model. Models whose
 * layers are x + attention(norm(x)), then x + feed-forward(norm(x)), can be adapted: Llama, Mistral, Qwen, GPT-2, …
 * @returns the paths of the adapted blocks
 * @throws AdapterError, with the model as it was
 */
export function addBottleneck(
  model: nn.Module,
  options: BottleneckOptions = {},
  name = 'default',
): string[] {
  const { kind = 'double_seq_bn', generator = new Generator(0), ...rest } = options;
  const { moduleName = nn.toSnakePath, ...choices } = rest;
  const given = Object.entries(choices).filter(([, value]) => value !== undefined);
  const config = checkBottleneck({ ...PRESETS[kind], ...Object.fromEntries(given) });
  const info = { method: bottleneck, config, moduleName, isTrainable: true };
  return insertAdapter(model, { name, info, generator });
}
