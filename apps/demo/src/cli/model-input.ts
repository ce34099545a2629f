// What generate and score have in common: a model, perhaps adapters, and a prompt as text or as ids.
import type { LanguageModel } from '@llm/transformer';
import { infillPrompt, Tokenizer } from '@llm/tokenizer';
import { contextLength } from '../models/context-length.ts';
import { checkModelPath, type OpenOptions } from '../models/open-model.ts';
import {
  checkAdapterUsage,
  loadAdapters,
  MODEL_OPTIONS,
  WEIGHTS_OPTION,
  weightsOf,
} from './adapted-model.ts';
import { requireChatTemplate } from './conversation-check.ts';
import { UsageError } from './command.ts';
import type { OptionTable, OptionValues } from './command.ts';

export const MODEL_INPUT_OPTIONS = {
  ...MODEL_OPTIONS,
  ...WEIGHTS_OPTION,
  prompt: { type: 'string', description: 'the text to start from' },
  suffix: {
    type: 'string',
    description: 'the text after a gap that follows --prompt (fill-in-the-middle models)',
  },
  ids: {
    type: 'string',
    description: 'token ids instead of text; needs no tokenizer',
    placeholder: '1,2,3',
  },
  chat: { type: 'boolean', description: "wrap the prompt in the model's chat template" },
} as const satisfies OptionTable;

export interface ModelInput<Model extends LanguageModel> {
  readonly model: Model;
  /** Absent when ids were given and there is no tokenizer beside the model. */
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

/** Wrong usage is told before a large model is loaded. */
function checkUsage(values: OptionValues<typeof MODEL_INPUT_OPTIONS>): void {
  if ((values.prompt === undefined) === (values.ids === undefined)) {
    throw new UsageError('expected one of --prompt and --ids.');
  }
  if (values.chat && values.ids !== undefined) {
    throw new UsageError('--chat: expected --prompt beside it, got --ids.');
  }
  if (values.suffix !== undefined && (values.chat || values.ids !== undefined)) {
    throw new UsageError('--suffix: expected --prompt beside it, without --chat and --ids.');
  }
  checkAdapterUsage(values);
}

function encodePrompt(
  tokenizer: Tokenizer,
  { prompt: text = '', suffix, chat }: OptionValues<typeof MODEL_INPUT_OPTIONS>,
): number[] {
  if (suffix !== undefined) return infillPrompt(tokenizer, text, suffix);
  if (!chat) return tokenizer.encode(text);
  requireChatTemplate('--chat', tokenizer, 'Leave --chat out.');
  const rendered = tokenizer.applyChatTemplate([{ role: 'user', content: text }], {
    addGenerationPrompt: true,
  });
  return tokenizer.encode(rendered, { addSpecialTokens: false });
}

function checkIds(ids: readonly number[], model: LanguageModel, flag: '--ids' | '--prompt'): void {
  const { vocabSize } = model.config;
  const context = contextLength(model);
  if (ids.length === 0) throw new Error(`${flag}: expected at least one token, got none.`);
  const wrong = ids.find((id) => id >= vocabSize);
  if (wrong !== undefined) {
    const why = flag === '--ids' ? 'Check the ids.' : 'Is the tokenizer that of another model?';
    throw new Error(
      `${flag}: expected ids below the model's vocabulary of ${vocabSize}, got ${wrong}. ${why}`,
    );
  }
  if (ids.length > context) {
    throw new Error(
      `${flag}: expected at most ${context} tokens, the model's context, got ${ids.length}. Shorten it.`,
    );
  }
}

/** The tokenizer beside a model that was given ids: a help for people, so its absence is no error. */
function tokenizerIfAny(path: string): Promise<Tokenizer | undefined> {
  return Tokenizer.load(path).catch(() => undefined);
}

/** Loads model, adapters and prompt. The caller disposes the model.
 *  @param open for the families that the command can use */
export async function promptIds<Model extends LanguageModel>(
  values: OptionValues<typeof MODEL_INPUT_OPTIONS>,
  open: (path: string, options: OpenOptions) => Promise<Model>,
): Promise<ModelInput<Model>> {
  checkUsage(values);
  const given = values.ids === undefined ? undefined : parseIds(values.ids);
  await checkModelPath(values.model);
  const tokenizer = await (given ? tokenizerIfAny(values.model) : Tokenizer.load(values.model));
  const model = await open(values.model, { weights: weightsOf(values) });
  try {
    await loadAdapters(model, values.adapter);
    const ids = given ?? encodePrompt(tokenizer as Tokenizer, values);
    checkIds(ids, model, given ? '--ids' : '--prompt');
    return { model, tokenizer, ids };
  } catch (error) {
    model.dispose();
    throw error;
  }
}
