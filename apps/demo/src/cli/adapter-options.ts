// Flags that train an adapter instead of the whole model.
import { addBottleneck, addLora, saveAdapter } from '@llm/peft';
import type { BottleneckKind, LoraInit, TrainedBiases } from '@llm/peft';
import type { CausalLm } from '@llm/transformer';
import { UsageError } from './command.ts';
import type { OptionTable, OptionValues } from './command.ts';
import { addPrompt, PROMPT_OPTIONS, promptMethods, type PromptTools } from './prompt-options.ts';

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
  bottleneck: {
    type: 'string',
    description:
      "train a bottleneck adapter: double_seq_bn (Houlsby's), seq_bn (Pfeiffer's) or par_bn",
    choices: ['double_seq_bn', 'seq_bn', 'par_bn'],
    placeholder: 'KIND',
  },
  'reduction-factor': {
    type: 'number',
    description: "the model's width over the bottleneck's",
    placeholder: 'N',
    minimum: 1,
  },
  ...PROMPT_OPTIONS,
} as const satisfies OptionTable;

type AdapterValues = OptionValues<typeof ADAPTER_OPTIONS>;

/** Whether an adapter trains and not the whole model.
 *  @throws UsageError for flags that exclude each other */
export function hasAdapter(values: AdapterValues): boolean {
  const chosen = [
    ...(values.lora ? ['lora'] : []),
    ...(values.bottleneck ? ['bottleneck'] : []),
    ...promptMethods(values),
  ];
  if (chosen.length < 2) return chosen.length === 1;
  const flags = chosen.map((name) => `--${name}`).join(', ');
  throw new UsageError(`${flags}: expected one of them. Train one adapter at a time.`);
}

/** Freezes the model and puts the adapter into it that was asked for, if any. */
export function addAdapter(model: CausalLm, values: AdapterValues, tools: PromptTools): void {
  if (!hasAdapter(values)) return;
  if (values.bottleneck) {
    const kind = values.bottleneck as BottleneckKind;
    const reductionFactor = values['reduction-factor'];
    addBottleneck(model, {
      kind,
      ...(reductionFactor !== undefined && { reductionFactor }),
      generator: tools.generator,
    });
    return;
  }
  if (!values.lora) return addPrompt(model, values, tools);
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
    generator: tools.generator,
  });
}

/** Writes the adapter, or without one the whole model.
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
