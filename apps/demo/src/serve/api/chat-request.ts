// POST /v1/chat/completions: what it may ask for.
import type { WriteJob, WritingOptions } from '../engine/messages.ts';
import { ApiError, unsupported, wrongField } from '../http/api-error.ts';
import { callSchema, TOOL_FORMATS } from '../tools/tool-format.ts';
import { readMessages } from './chat-messages.ts';
import { readTools, type ToolUse } from './chat-tools.ts';
import { Fields, type JsonObject } from './fields.ts';
import type { ServedModels } from './served-models.ts';
import {
  readMaxTokens,
  readSendOptions,
  readWritingOptions,
  type SendOptions,
} from './writing-fields.ts';

export interface ChatRequest extends SendOptions {
  readonly model: string;
  readonly job: WriteJob;
  readonly toolUse: ToolUse;
}

/** @throws ApiError naming the field that is wrong */
export function readChatRequest(json: JsonObject, models: ServedModels): ChatRequest {
  const fields = new Fields(json);
  const model = readModel(fields);
  const adapter = models.adapterFor(model);
  const info = models.info.writer!;
  if (!info.hasChatTemplate) {
    throw new ApiError(400, `model: ${model} has no chat template. Use /v1/completions.`, {
      param: 'model',
      code: 'unsupported_value',
    });
  }
  refuseMedia(fields);
  const toolUse = readTools(fields);
  const format = TOOL_FORMATS[info.toolFormat];
  const isDemanded = toolUse.demanded.length > 0;
  const own: WritingOptions = {
    ...readWritingOptions(fields),
    maxTokens: readMaxTokens(fields, ['max_completion_tokens', 'max_tokens']),
    topLogprobs: readLogprobs(fields),
  };
  if (isDemanded && own.constraint !== undefined)
    throw unsupported('response_format', 'expected none beside a tool_choice that demands a call.');
  const options: WritingOptions = {
    ...own,
    ...(toolUse.tools.length > 0 && { keepsSpecialTokens: true }),
    ...(isDemanded && {
      constraint: { jsonSchema: callSchema(toolUse.demanded, info.toolFormat) },
    }),
  };
  const prompt = {
    kind: 'chat',
    messages: readMessages(fields),
    tools: toolUse.tools,
    variables: fields.json('chat_template_kwargs') ?? {},
    opening: isDemanded ? format.opening : '',
  } as const;
  return { ...readSendOptions(fields), model, job: { prompt, adapter, options }, toolUse };
}

export function readModel(fields: Fields): string {
  const model = fields.string('model');
  if (model !== undefined) return model;
  throw wrongField('model', 'the name of a model, see /v1/models', undefined);
}

function readLogprobs(fields: Fields): number | undefined {
  const isAsked = fields.boolean('logprobs') ?? false;
  const top = fields.integer('top_logprobs', { minimum: 0, maximum: 20 });
  if (top !== undefined && top > 0 && !isAsked)
    throw wrongField('top_logprobs', 'none unless logprobs is true', top);
  return isAsked ? (top ?? 0) : undefined;
}

function refuseMedia(fields: Fields): void {
  const modalities = fields.list('modalities') ?? ['text'];
  if (modalities.some((modality) => modality !== 'text') || fields.get('audio') !== undefined)
    throw unsupported('modalities', 'expected text alone, for this server writes nothing else.');
}
