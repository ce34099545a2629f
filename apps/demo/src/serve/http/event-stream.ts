// Server-sent events (the HTML standard's text/event-stream), as fast as the client reads and no faster.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';

export class EventStream {
  readonly #response: ServerResponse;
  readonly #signal: AbortSignal;

  /** Sends the head. @param signal aborted when the client has gone */
  constructor(response: ServerResponse, signal: AbortSignal) {
    this.#response = response;
    this.#signal = signal;
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      'x-accel-buffering': 'no', // nginx would hold events back
    });
    response.flushHeaders();
  }

  /** Resolves once there is room for more. @throws the signal's reason */
  async send(data: unknown): Promise<void> {
    const text = typeof data === 'string' ? data : JSON.stringify(data);
    if (!this.#response.write(`data: ${text}\n\n`))
      await once(this.#response, 'drain', { signal: this.#signal });
    this.#signal.throwIfAborted();
  }

  /** The last thing that is said, whether or not there is room. */
  tell(error: object): void {
    this.#response.write(`data: ${JSON.stringify(error)}\n\n`);
  }

  end(): void {
    this.#response.end();
  }
}
