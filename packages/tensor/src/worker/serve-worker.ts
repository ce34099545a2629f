// The worker's side: runs its functions one after the other, as a model wants it, or all at once where they share it.
import { isMainThread, parentPort, type MessagePort } from 'node:worker_threads';
import { UnsupportedError } from '../errors/errors.ts';
import { sentError, type Handlers, type Reply, type Request } from './protocol.ts';
import { pack } from './sent-values.ts';

export interface ServeOptions {
  /** Whether a call begins while others are still running: for functions that await, as requests to a batcher do.
   *  @default false: calls run in their order, one at a time */
  readonly isConcurrent?: boolean;
}

/**
 * Answers the calls of the thread that started this one with `startWorker`. What a function throws reaches its caller; the worker goes on. Tensors in a result arrive as `TensorData`
 * and are disposed here; typed arrays are moved, not copied.
 * @throws UnsupportedError outside a worker thread
 */
export function serveWorker(handlers: Handlers, { isConcurrent = false }: ServeOptions = {}): void {
  if (isMainThread || parentPort === null) {
    throw new UnsupportedError(
      'serveWorker: thread: expected a worker thread, got the main one. Call it in the file given to startWorker.',
    );
  }
  const port = parentPort;
  const running = new Map<number, AbortController>();
  let last: Promise<void> = Promise.resolve();
  port.on('message', (request: Request) => {
    if (request.kind === 'abort') return running.get(request.id)?.abort();
    const controller = new AbortController();
    running.set(request.id, controller);
    const run = async (): Promise<void> => {
      await answer(port, handlers, request, controller.signal);
      running.delete(request.id);
    };
    if (isConcurrent) void run();
    else last = last.then(run);
  });
}

async function answer(
  port: MessagePort,
  handlers: Handlers,
  { id, method, input }: Extract<Request, { kind: 'call' }>,
  signal: AbortSignal,
): Promise<void> {
  const post = (reply: Reply, transfer: ArrayBuffer[] = []) => port.postMessage(reply, transfer);
  try {
    signal.throwIfAborted(); // while it waited for its turn
    const handler = handlers[method];
    if (handler === undefined) throw unknownMethod(method, handlers);
    const result = handler(input as never, { signal });
    if (isAsyncIterable(result)) {
      for await (const item of result) {
        const { value, transfer } = pack(item);
        post({ kind: 'item', id, value }, transfer);
        if (signal.aborted) break;
      }
      return post({ kind: 'result', id, value: undefined });
    }
    const { value, transfer } = pack(await result);
    post({ kind: 'result', id, value }, transfer);
  } catch (error) {
    post({ kind: 'error', id, error: sentError(error) });
  }
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

function unknownMethod(method: string, handlers: Handlers): UnsupportedError {
  const names = Object.keys(handlers).join(', ');
  return new UnsupportedError(
    `startWorker: method: expected one of ${names}, got ${method}. Check the worker's file.`,
  );
}
