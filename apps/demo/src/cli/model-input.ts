// What generate and score have in common: a model, perhaps adapters, and a prompt as text or as ids.
import { loadAdapter } from '@llm/peft';
import type { CausalLm } from '@llm/transformer';
import type { Tokenizer } from '@llm/tokenizer';
import { openModel, openModelOnly } from '../models/open-model.ts';
import { UsageError } from './command.ts';
import type { OptionTable, OptionValues } from './command.ts';

export const MODEL_INPUT_OPTIONS = {
  model: {
    type: 'string',
    description: 'Hugging Face folder or .gguf file',
    placeholder: 'PATH',
    required: true,
  },
  prompt: { type: 'string', description: 'the text to start from' },
  ids: {
    type: 'string',
    description: 'token ids instead of text; needs no tokenizer',
    placeholder: '1,2,3',
  },
  chat: { type: 'boolean', description: "wrap the prompt in the model's chat template" },
  adapter: {
    type: 'string',
    description: 'a PEFT adapter folder, made active',
    placeholder: 'NAME=DIR',
    multiple: true,
  },
} as const satisfies OptionTable;

export interface ModelInput {
  readonly model: CausalLm;
  /** Absent when ids were given and the model has no tokenizer. */
  readonly tokenizer: Tokenizer | undefined;
  readonly ids: readonly number[];
}

export function parseIds(text: string): number[] {
  const ids = text.split(',').map((part) => Number(part.trim() === '' ? Number.NaN : part));
  if (ids.some((id) => !Number.isInteger(id) || id < 0)) {
    throw new UsageError(
      `--ids: expected whole numbers separated by commas, got ${JSON.stringify(text)}.`,
    );
  }
  return ids;
}

async function loadAdapters(model: CausalLm, adapters: readonly string[]): Promise<void> {
  for (const adapter of adapters) {
    const [name, folder] = adapter.split(/=(.*)/s);
    if (!name || !folder)
      throw new UsageError(`--adapter: expected NAME=DIR, got ${JSON.stringify(adapter)}.`);
    await loadAdapter(model, folder, name);
  }
}

function encodePrompt(tokenizer: Tokenizer, text: string, isChat: boolean): number[] {
  if (!isChat) return tokenizer.encode(text);
  const rendered = tokenizer.applyChatTemplate([{ role: 'user', content: text }], {
    addGenerationPrompt: true,
  });
  return tokenizer.encode(rendered, { addSpecialTokens: false });
}

function checkVocabulary(ids: readonly number[], vocabSize: number): void {
  const wrong = ids.find((id) => id >= vocabSize);
  if (wrong === undefined) return;
  throw new Error(
    `--ids: expected ids below the model's vocabulary of ${vocabSize}, got ${wrong}.`,
  );
}

/** Loads model, adapters and prompt. The caller disposes the model. */
export async function promptIds(
  values: OptionValues<typeof MODEL_INPUT_OPTIONS>,
): Promise<ModelInput> {
  if ((values.prompt === undefined) === (values.ids === undefined)) {
    throw new UsageError('expected one of --prompt and --ids.');
  }
  const given = values.ids === undefined ? undefined : parseIds(values.ids);
  const { model, tokenizer } = given
    ? { model: await openModelOnly(values.model), tokenizer: undefined }
    : await openModel(values.model);
  try {
    await loadAdapters(model, values.adapter);
    const ids = given ?? encodePrompt(tokenizer as Tokenizer, values.prompt as string, values.chat);
    if (ids.length === 0) throw new Error('--prompt: expected at least one token, got none.');
    checkVocabulary(ids, model.config.vocabSize);
    return { model, tokenizer, ids };
  } catch (error) {
    model.dispose();
    throw error;
  }
}
