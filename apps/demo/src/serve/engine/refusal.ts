// A client's mistake that only the model's thread can see. It crosses to the server as a value, not as an error.
import type { Refusal } from './messages.ts';

export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly refusal: Refusal;

  constructor(message: string, param: string | null, code: string | null = null) {
    super(message);
    this.refusal = { status: 400, message, param, code };
  }
}
