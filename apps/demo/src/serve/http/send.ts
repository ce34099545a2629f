// Responses that are sent at once.
import type { ServerResponse } from 'node:http';
import type { ApiError } from './api-error.ts';

export function sendJson(response: ServerResponse, status: number, body: object): void {
  send(response, status, { type: 'application/json; charset=utf-8', body: JSON.stringify(body) });
}

export function send(
  response: ServerResponse,
  status: number,
  { type, body }: { readonly type: string; readonly body: string | Uint8Array },
): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength,
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

const RETRY_AFTER: Readonly<Record<number, string>> = { 429: '1', 503: '2' }; // seconds

/** @param isBodyRead otherwise the connection ends, for the rest of the request still comes */
export function sendError(response: ServerResponse, error: ApiError, isBodyRead = true): void {
  if (response.headersSent) return void response.destroy(); // a stream has told already, or cannot
  const after = RETRY_AFTER[error.status];
  if (after !== undefined) response.setHeader('retry-after', after);
  if (error.status === 401) response.setHeader('www-authenticate', 'Bearer');
  if (!isBodyRead) response.setHeader('connection', 'close');
  sendJson(response, error.status, error);
}
