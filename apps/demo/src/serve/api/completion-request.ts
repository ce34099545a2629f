// POST /v1/completions: what it may ask for.
import type { Prompt, WriteJob, WritingOptions } from '../engine/messages.ts';
import { unsupported, wrongField } from '../http/api-error.ts';
import { readModel } from './chat-request.ts';
import { Fields, type JsonObject } from './fields.ts';
import type { ServedModels } from './served-models.ts';
import {
  readMaxTokens,
  readSendOptions,
  readWritingOptions,
  type SendOptions,
} from './writing-fields.ts';

const DEFAULT_TOKENS = 16; // OpenAI's
const MOST_PROMPTS = 128;

export interface CompletionRequest extends SendOptions {
  readonly model: string;
  /** One for each prompt. */
  readonly jobs: readonly WriteJob[];
  readonly echo: boolean;
}

/** @throws ApiError naming the field that is wrong */
export function readCompletionRequest(json: JsonObject, models: ServedModels): CompletionRequest {
  const fields = new Fields(json);
  const model = readModel(fields);
  const adapter = models.adapterFor(model);
  const send = readSendOptions(fields);
  const echo = fields.boolean('echo') ?? false;
  const bestOf = fields.integer('best_of', { minimum: 1 }) ?? send.n;
  if (bestOf !== send.n) throw unsupported('best_of', `expected n, ${send.n}, got ${bestOf}.`);
  const options: WritingOptions = {
    ...readWritingOptions(fields),
    // Nothing need be written where the prompt is asked for.
    maxTokens: readMaxTokens(fields, ['max_tokens'], echo ? 0 : 1) ?? DEFAULT_TOKENS,
    topLogprobs: fields.integer('logprobs', { minimum: 0, maximum: 20 }),
  };
  const suffix = fields.string('suffix');
  if (suffix !== undefined && echo) throw unsupported('suffix', 'expected none beside echo.');
  const jobs = readPrompts(fields, suffix).map((prompt) => ({ prompt, adapter, options, echo }));
  return { ...send, model, jobs, echo };
}

/** A text, ids, or a list of either. */
function readPrompts(fields: Fields, suffix: string | undefined): Prompt[] {
  const inputs = readInputs(fields, 'prompt', MOST_PROMPTS);
  return inputs.map((input): Prompt => {
    if (typeof input === 'string') return { kind: 'text', text: input, suffix };
    if (suffix !== undefined) throw unsupported('suffix', 'expected none beside token ids.');
    return { kind: 'ids', ids: input };
  });
}

const isIds = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every((id) => Number.isSafeInteger(id) && (id as number) >= 0);

/** The texts of a field that takes one or several, as text or as token ids. */
export function readInputs(
  fields: Fields,
  name: string,
  most: number,
): readonly (string | readonly number[])[] {
  const value = fields.get(name);
  const isList = Array.isArray(value) && value.length > 0;
  const inputs = isList && !isIds(value) ? (value as readonly unknown[]) : [value];
  const expected = 'a text, a list of token ids, or a list of either';
  const isRight = inputs.every(
    (input) => typeof input === 'string' || (isIds(input) && input.length > 0),
  );
  if (!isRight) throw fields.wrong(name, expected);
  if (inputs.length > most) throw wrongField(name, `at most ${most} texts`, inputs.length);
  return inputs as readonly (string | readonly number[])[];
}
