// Flags that train a soft prompt or a prefix instead of the whole model.
import { addPrefixTuning, addPromptTuning, addPTuning, type PromptEncoderKind } from '@llm/peft';
import type { Generator } from '@llm/tensor';
import type { Tokenizer } from '@llm/tokenizer';
import type { CausalLm } from '@llm/transformer';
import { UsageError } from './command.ts';
import type { OptionTable, OptionValues } from './command.ts';

const count = (what: string) =>
  ({ type: 'integer', description: what, placeholder: 'N', minimum: 1 }) as const;

export const PROMPT_OPTIONS = {
  'prompt-tuning': count('train N word embeddings before every text; --out becomes a PEFT folder'),
  'p-tuning': count('the same, made by a network that is dropped at the end'),
  prefix: count('train N keys and values in every layer before those of the text'),
  'prompt-text': {
    type: 'string',
    description: 'words that --prompt-tuning begins with; else random ones of the vocabulary',
  },
  'prompt-encoder': {
    type: 'string',
    description: 'the network of --p-tuning',
    choices: ['mlp', 'lstm'],
    default: 'mlp',
  },
  'prefix-projection': {
    type: 'boolean',
    description: 'let a network make the keys and values of --prefix while they train',
  },
} as const satisfies OptionTable;

type PromptValues = OptionValues<typeof PROMPT_OPTIONS>;

const METHODS = ['prompt-tuning', 'p-tuning', 'prefix'] as const;

/** The flags among those that choose what trains.
 *  @throws UsageError for a flag that belongs to another one */
export function promptMethods(values: PromptValues): string[] {
  if (values['prompt-text'] !== undefined && values['prompt-tuning'] === undefined)
    throw new UsageError('--prompt-text: expected --prompt-tuning beside it.');
  if (values['prefix-projection'] && values.prefix === undefined)
    throw new UsageError('--prefix-projection: expected --prefix beside it.');
  return METHODS.filter((name) => values[name] !== undefined);
}

/** Freezes the model and puts the soft prompt that was asked for before it. */
export function addPrompt(
  model: CausalLm,
  values: PromptValues,
  { generator, tokenizer, nameOfModel }: PromptTools,
): void {
  const { 'prompt-tuning': words, 'p-tuning': made, prefix, 'prompt-text': text } = values;
  if (words !== undefined) {
    const init = text === undefined ? 'sampleVocab' : textOf(text, tokenizer, nameOfModel);
    addPromptTuning(model, { numVirtualTokens: words, init, generator });
  }
  if (made !== undefined) {
    const encoder = values['prompt-encoder'] as PromptEncoderKind;
    addPTuning(model, { numVirtualTokens: made, encoder, generator });
  }
  if (prefix !== undefined) {
    const prefixProjection = values['prefix-projection'];
    addPrefixTuning(model, { numVirtualTokens: prefix, prefixProjection, generator });
  }
}

export interface PromptTools {
  readonly generator: Generator;
  readonly tokenizer: Tokenizer;
  /** For the file: whose tokenizer cut the text. */
  readonly nameOfModel: string;
}

const textOf = (text: string, tokenizer: Tokenizer, name: string) => ({
  tokens: tokenizer.encode(text),
  text,
  tokenizer: name,
});
