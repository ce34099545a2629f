// Who may ask: holders of the key, and only pages that the server was told of.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { ApiError } from './api-error.ts';

export interface AccessOptions {
  /** What a request's `authorization: Bearer …` must hold. @default no key is asked for */
  readonly apiKey?: string;
  /** An origin whose pages may ask, or `*` for all. @default none but the server's own */
  readonly corsOrigin?: string;
  /** Whether the server listens to this machine alone. */
  readonly isLocal: boolean;
}

/** @throws ApiError 401 without the right key */
export function checkKey({ headers }: IncomingMessage, { apiKey }: AccessOptions): void {
  if (apiKey === undefined) return;
  const [, given = ''] = /^Bearer (.*)$/i.exec(headers.authorization ?? '') ?? [];
  if (timingSafeEqual(digest(given), digest(apiKey))) return;
  const message =
    given === ''
      ? 'You did not give an API key: authorization: Bearer KEY.'
      : 'The API key is wrong.';
  throw new ApiError(401, message, { code: 'invalid_api_key' });
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** A page elsewhere can let a name of its own point to this machine (DNS rebinding): a server for this machine
 *  alone answers to addresses and to localhost. @throws ApiError 403 */
export function checkHost({ headers }: IncomingMessage, { isLocal }: AccessOptions): void {
  if (!isLocal || headers.host === undefined) return;
  const name = headers.host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  if (isIP(name) > 0 || name === 'localhost' || name.endsWith('.localhost')) return;
  throw new ApiError(
    403,
    `host: expected localhost, got ${name}. Start the server with --host to be reached by name.`,
  );
}

/** Headers that let pages of the allowed origin read answers. */
export function allowOrigin(
  { headers }: IncomingMessage,
  response: ServerResponse,
  { corsOrigin }: AccessOptions,
): void {
  if (corsOrigin === undefined) return;
  response.setHeader('access-control-allow-origin', corsOrigin);
  if (corsOrigin !== '*') response.setHeader('vary', 'origin');
  response.setHeader('access-control-allow-methods', 'GET, POST, OPTIONS');
  response.setHeader(
    'access-control-allow-headers',
    headers['access-control-request-headers'] ?? 'authorization, content-type',
  );
  response.setHeader('access-control-max-age', '600');
}
