// The caller's side: a model in a thread of its own, so that this one's event loop stays free.
import { Worker } from 'node:worker_threads';
import { receivedError, type Handlers, type Reply, type Request } from './protocol.ts';
import type { Sent } from './sent-values.ts';

type InputOf<F> = F extends (input: infer I, ...rest: never[]) => unknown ? I : undefined;
type ItemOf<F> = F extends (...args: never[]) => AsyncIterable<infer T> ? Sent<T> : never;
type ResultOf<F> = F extends (...args: never[]) => infer R ? Sent<Awaited<R>> : never;

export interface CallOptions {
  /** Tells the function that its result is no longer wanted; the call ends when the function does. */
  readonly signal?: AbortSignal;
  /** Buffers of the input to move instead of copying. */
  readonly transfer?: ArrayBuffer[];
}

interface PendingCall {
  onItem(value: unknown): void;
  onEnd(error?: Error, value?: unknown): void;
}

/** A worker thread whose functions can be called. */
export class WorkerClient<H extends Handlers> {
  private readonly worker: Worker;
  private readonly pending = new Map<number, PendingCall>();
  private nextId = 0;
  private ended?: Error;

  constructor(file: URL | string) {
    this.worker = new Worker(file);
    this.worker.on('message', (reply: Reply) => this.receive(reply));
    this.worker.on('error', (error: Error) => this.end(error));
    this.worker.on('exit', (code) =>
      this.end(
        new Error(`startWorker: worker: expected it to run, got its end with code ${code}.`),
      ),
    );
  }

  /** Runs a function of the worker that returns a value. Calls run in their order. */
  call<K extends keyof H & string>(
    method: K,
    input: InputOf<H[K]>,
    options: CallOptions = {},
  ): Promise<ResultOf<H[K]>> {
    return new Promise((resolve, reject) => {
      const onEnd = (error?: Error, value?: unknown) =>
        error ? reject(error) : resolve(value as ResultOf<H[K]>);
      this.post(method, input, options, { onItem() {}, onEnd });
    });
  }

  /** Runs a function of the worker that yields values. Leaving the loop aborts it. */
  async *stream<K extends keyof H & string>(
    method: K,
    input: InputOf<H[K]>,
    options: CallOptions = {},
  ): AsyncGenerator<ItemOf<H[K]>, void, undefined> {
    const items: ItemOf<H[K]>[] = [];
    let end: { error?: Error } | undefined;
    let wake = () => {};
    const id = this.post(method, input, options, {
      onItem: (value) => (items.push(value as ItemOf<H[K]>), wake()),
      onEnd: (error) => ((end = error ? { error } : {}), wake()),
    });
    try {
      for (;;) {
        while (items.length > 0) yield items.shift()!;
        if (end?.error) throw end.error;
        if (end) return;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      if (!end) this.send({ kind: 'abort', id });
    }
  }

  /** Ends the thread at once. Calls that were not answered fail. */
  async close(): Promise<void> {
    this.end(new Error('startWorker: worker: expected it to run, got close().'));
    await this.worker.terminate();
  }

  private post(
    method: string,
    input: unknown,
    { signal, transfer = [] }: CallOptions,
    call: PendingCall,
  ): number {
    const id = this.nextId++;
    if (this.ended) {
      call.onEnd(this.ended);
      return id;
    }
    const abort = () => this.send({ kind: 'abort', id });
    const onEnd: PendingCall['onEnd'] = (error, value) => {
      signal?.removeEventListener('abort', abort);
      call.onEnd(error, value);
    };
    this.send({ kind: 'call', id, method, input }, transfer);
    this.pending.set(id, { ...call, onEnd });
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
    return id;
  }

  private send(request: Request, transfer: ArrayBuffer[] = []): void {
    this.worker.postMessage(request, transfer);
  }

  private receive(reply: Reply): void {
    const call = this.pending.get(reply.id);
    if (reply.kind === 'item') return call?.onItem(reply.value);
    this.pending.delete(reply.id);
    if (reply.kind === 'error') call?.onEnd(receivedError(reply.error));
    else call?.onEnd(undefined, reply.value);
  }

  private end(error: Error): void {
    this.ended ??= error;
    const calls = [...this.pending.values()];
    this.pending.clear();
    for (const call of calls) call.onEnd(error);
  }
}

/**
 * Starts the file as a worker thread; it calls `serveWorker(handlers)`. With `H` the type of those handlers,
 * inputs and results are typed here.
 * @example const worker = startWorker<typeof handlers>(new URL('./model-worker.js', import.meta.url));
 */
export function startWorker<H extends Handlers>(file: URL | string): WorkerClient<H> {
  return new WorkerClient<H>(file);
}
