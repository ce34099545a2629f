// Flags that train a LoRA adapter instead of the whole model.
import { addLora, saveAdapter, type LoraInit, type TrainedBiases } from '@llm/peft';
import type { Generator } from '@llm/tensor';
import type { CausalLm } from '@llm/transformer';
import type { OptionTable, OptionValues } from './command.ts';

export const ADAPTER_OPTIONS = {
  lora: { type: 'boolean', description: 'train a LoRA adapter; --out becomes a PEFT folder' },
  'lora-rank': { type: 'integer', description: 'rank of the adapter', default: 16, minimum: 1 },
  'lora-alpha': {
    type: 'number',
    description: 'its scaling is alpha / rank',
    default: 32,
    minimum: 0,
  },
  'lora-dropout': {
    type: 'number',
    description: "dropout on the adapter's input",
    default: 0,
    minimum: 0,
    maximum: 0.99,
  },
  'use-rslora': { type: 'boolean', description: 'scale by alpha / √rank' },
  'use-dora': {
    type: 'boolean',
    description: "train the lengths of the weights' rows apart from their directions",
  },
  'lora-init': {
    type: 'string',
    description: 'how the adapter begins',
    choices: ['default', 'gaussian', 'orthogonal', 'pissa', 'pissa_niter_16', 'olora'],
    default: 'default',
  },
  'lora-bias': {
    type: 'string',
    description: 'biases that train, too',
    choices: ['none', 'all', 'lora_only'],
    default: 'none',
  },
  'modules-to-save': {
    type: 'string',
    description: 'modules trained in full beside the adapter, by commas',
    placeholder: 'NAMES',
  },
  'target-modules': {
    type: 'string',
    description: 'layers to adapt, by commas, or all-linear',
    default: 'all-linear',
  },
} as const satisfies OptionTable;

type AdapterValues = OptionValues<typeof ADAPTER_OPTIONS>;

/** With --lora, freezes the model and puts an adapter into it. */
export function addAdapter(model: CausalLm, values: AdapterValues, generator: Generator): void {
  if (!values.lora) return;
  const targets = values['target-modules'];
  addLora(model, {
    rank: values['lora-rank'],
    alpha: values['lora-alpha'],
    dropout: values['lora-dropout'],
    useRslora: values['use-rslora'],
    useDora: values['use-dora'],
    init: values['lora-init'] === 'default' ? true : (values['lora-init'] as LoraInit),
    bias: values['lora-bias'] as TrainedBiases,
    modulesToSave: values['modules-to-save']?.split(',') ?? [],
    targetModules: targets === 'all-linear' ? targets : targets.split(','),
    generator,
  });
}

/** Writes the adapter, or without --lora the whole model.
 *  @param baseModel what adapter_config.json names as the model that the adapter was trained on */
export async function saveTrained(
  directory: string,
  model: CausalLm,
  { isAdapter, baseModel }: { readonly isAdapter: boolean; readonly baseModel: string },
  saveWhole: () => Promise<void>,
): Promise<void> {
  if (!isAdapter) return saveWhole();
  await saveAdapter(model, directory, 'default', { baseModel });
}
