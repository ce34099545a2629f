// The body of a request as JSON, within limits.
import type { IncomingMessage } from 'node:http';
import { isObject, type JsonObject } from '../api/fields.ts';
import { ApiError } from './api-error.ts';

/** @throws ApiError 415 for another type, 413 beyond `mostBytes`, 400 for what is no JSON object */
export async function readJson(request: IncomingMessage, mostBytes: number): Promise<JsonObject> {
  const type = request.headers['content-type'] ?? '';
  // Also keeps pages of other origins out: a browser asks before it sends them this type.
  if (!/^application\/json\b/i.test(type.trim())) {
    throw new ApiError(415, `content-type: expected application/json, got ${type || 'none'}.`);
  }
  const text = await readText(request, mostBytes);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new ApiError(400, `We could not parse the body as JSON: ${(error as Error).message}.`);
  }
  if (isObject(json)) return json;
  throw new ApiError(400, 'body: expected a JSON object, got another value.');
}

async function readText(request: IncomingMessage, mostBytes: number): Promise<string> {
  const tooLarge = (): ApiError =>
    new ApiError(413, `body: expected at most ${mostBytes} bytes, got more.`, {
      code: 'request_too_large',
    });
  if (Number(request.headers['content-length'] ?? 0) > mostBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let bytes = 0;
  // The connection stays, to carry the answer also when the rest is not read.
  const body = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
