// What main thread and worker say to each other.

/** Functions of a worker by name. Each takes one value and a context, and returns or yields values. */
export type Handlers = Record<string, (input: never, context: CallContext) => unknown>;

export interface CallContext {
  /** Aborted when the caller no longer wants the result. Seen between awaits only: a long loop awaits something
   *  now and then, or yields. */
  readonly signal: AbortSignal;
}

export type Request =
  { kind: 'call'; id: number; method: string; input: unknown } | { kind: 'abort'; id: number };

export type Reply =
  | { kind: 'item'; id: number; value: unknown }
  | { kind: 'result'; id: number; value: unknown }
  | { kind: 'error'; id: number; error: SentError };

export interface SentError {
  name: string;
  message: string;
  stack?: string;
}

export function sentError(error: unknown): SentError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  const { name, message, stack } = error;
  return stack === undefined ? { name, message } : { name, message, stack };
}

/** The error as the caller gets it, with the worker's own stack. */
export function receivedError({ name, message, stack }: SentError): Error {
  const error = new Error(message);
  error.name = name;
  if (stack !== undefined) error.stack = stack;
  return error;
}
