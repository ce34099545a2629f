// Flags that name a model and the adapters to put into it.
import { loadAdapter, setActiveAdapters } from '@llm/peft';
import type { LanguageModel, WeightStorage } from '@llm/transformer';
import { openModel } from '../models/open-model.ts';
import type { OpenModel } from '../models/open-model.ts';
import { UsageError } from './command.ts';
import type { OptionTable, OptionValues } from './command.ts';

export const MODEL_OPTIONS = {
  model: {
    type: 'string',
    description: 'Hugging Face folder, .gguf file, or hub:org/name',
    placeholder: 'PATH',
    required: true,
  },
  adapter: {
    type: 'string',
    description: 'a PEFT adapter folder; several add up',
    placeholder: 'NAME=DIR',
    multiple: true,
  },
} as const satisfies OptionTable;

/** For commands that only run a model. */
export const WEIGHTS_OPTION = {
  weights: {
    type: 'string',
    description:
      "how matrices are kept: float32; quantized, in the .gguf file's own blocks, a fourth of the memory and several times faster to write, rounded as llama.cpp rounds; or bf16",
    choices: ['float32', 'quantized', 'bf16'],
    default: 'float32',
  },
} as const satisfies OptionTable;

type Values = OptionValues<typeof MODEL_OPTIONS>;

/** `NAME=DIR` → both. */
export function parseAdapter(adapter: string): [name: string, folder: string] {
  const [name, folder] = adapter.split(/=(.*)/s);
  if (name && folder) return [name, folder];
  throw new UsageError(`--adapter: expected NAME=DIR, got ${JSON.stringify(adapter)}.`);
}

/** @throws UsageError before a large model is loaded */
export const checkAdapterUsage = (values: Values): void => values.adapter.forEach(parseAdapter);

export async function loadAdapters(
  model: LanguageModel,
  adapters: readonly string[],
): Promise<void> {
  const named = adapters.map(parseAdapter);
  for (const [name, folder] of named) await loadAdapter(model, folder, name);
  if (named.length > 1) {
    setActiveAdapters(
      model,
      named.map(([name]) => name),
    );
  }
}

/** Model with its adapters, and tokenizer. The caller disposes the model. */
export async function openAdapted(
  values: Values & Partial<OptionValues<typeof WEIGHTS_OPTION>>,
): Promise<OpenModel> {
  checkAdapterUsage(values);
  const opened = await openModel(values.model, { weights: weightsOf(values) });
  try {
    await loadAdapters(opened.model, values.adapter);
    return opened;
  } catch (error) {
    opened.model.dispose();
    throw error;
  }
}

/** The parser has checked the choice. */
export const weightsOf = ({
  weights,
}: Partial<OptionValues<typeof WEIGHTS_OPTION>>): WeightStorage | undefined =>
  weights as WeightStorage | undefined;
