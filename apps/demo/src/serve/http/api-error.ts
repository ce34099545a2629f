// Errors as OpenAI's API tells them: { error: { message, type, param, code } } with an HTTP status.
import type { Refusal } from '../engine/messages.ts';

export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly param: string | null;
  readonly code: string | null;

  constructor(
    status: number,
    message: string,
    {
      param = null,
      code = null,
    }: { readonly param?: string | null; readonly code?: string | null } = {},
  ) {
    super(message);
    this.status = status;
    this.param = param;
    this.code = code;
  }

  /** What the response's body, or an event of a stream, holds. */
  toJSON(): object {
    const { message, param, code } = this;
    return { error: { message, type: typeOf(this.status), param, code } };
  }
}

function typeOf(status: number): string {
  if (status === 429) return 'rate_limit_error';
  return status >= 500 ? 'server_error' : 'invalid_request_error';
}

/** A field of the request is wrong. */
export const wrongField = (param: string, expected: string, got: unknown): ApiError =>
  new ApiError(400, `${param}: expected ${expected}, got ${shown(got)}.`, {
    param,
    code: 'invalid_value',
  });

/** A field asks for what this server does not do. */
export const unsupported = (param: string, message: string): ApiError =>
  new ApiError(400, `${param}: ${message}`, { param, code: 'unsupported_value' });

export const refused = ({ status, message, param, code }: Refusal): ApiError =>
  new ApiError(status, message, { param, code });

const LONGEST = 80; // characters of a wrong value that are repeated

function shown(value: unknown): string {
  const text = value === undefined ? 'nothing' : (JSON.stringify(value) ?? String(value));
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
