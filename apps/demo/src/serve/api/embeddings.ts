// POST /v1/embeddings.
import type { EmbedResult } from '../engine/messages.ts';
import { refused, unsupported } from '../http/api-error.ts';
import { readModel } from './chat-request.ts';
import { readInputs } from './completion-request.ts';
import { Fields, type JsonObject } from './fields.ts';
import type { ServedModels } from './served-models.ts';

const MOST_INPUTS = 2048; // OpenAI's

export interface EmbeddingsRequest {
  readonly model: string;
  readonly inputs: readonly (string | readonly number[])[];
  readonly isBase64: boolean;
}

/** @throws ApiError naming the field that is wrong */
export function readEmbeddingsRequest(json: JsonObject, models: ServedModels): EmbeddingsRequest {
  const fields = new Fields(json);
  const model = readModel(fields);
  models.checkEmbedder(model);
  const format = fields.string('encoding_format') ?? 'float';
  if (format !== 'float' && format !== 'base64')
    throw fields.wrong('encoding_format', 'float or base64');
  const own = models.info.embedder!.dimensions;
  const dimensions = fields.integer('dimensions', { minimum: 1 }) ?? own;
  if (dimensions !== own)
    throw unsupported(
      'dimensions',
      `expected ${own}, all that this model gives, got ${dimensions}.`,
    );
  return { model, inputs: readInputs(fields, 'input', MOST_INPUTS), isBase64: format === 'base64' };
}

/** @throws ApiError for what the model's thread refused */
export function embeddingsResponse(
  { model, isBase64 }: EmbeddingsRequest,
  result: EmbedResult,
): { readonly body: object; readonly tokens: number } {
  if ('refusal' in result) throw refused(result.refusal);
  const { embeddings, tokens } = result;
  const data = embeddings.map((vector, index) => ({
    object: 'embedding',
    index,
    embedding: isBase64 ? base64(vector) : Array.from(vector),
  }));
  const usage = { prompt_tokens: tokens, total_tokens: tokens };
  return { body: { object: 'list', data, model, usage }, tokens };
}

/** float32, little-endian, as every machine that Node runs on has them. */
const base64 = ({ buffer, byteOffset, byteLength }: Float32Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString('base64');
