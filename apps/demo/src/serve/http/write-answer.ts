// Lets the model write the texts of a request, and sends them: whole, or as they come.
import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { AnswerFormat, Choice } from '../api/answer.ts';
import { Usage } from '../api/usage.ts';
import type { SendOptions } from '../api/writing-fields.ts';
import type { EngineThread } from '../engine/engine-thread.ts';
import type { WriteEvent, WriteJob } from '../engine/messages.ts';
import { ApiError, refused } from './api-error.ts';
import { EventStream } from './event-stream.ts';
import type { Metrics } from './metrics.ts';
import { sendJson } from './send.ts';

export interface Answering {
  readonly engine: EngineThread;
  readonly metrics: Metrics;
  readonly response: ServerResponse;
  /** Aborted when the client has gone, or the server will not wait for the end. */
  readonly signal: AbortSignal;
}

export interface Asked extends SendOptions {
  /** The name under which the client asked. */
  readonly model: string;
  /** One for each prompt. */
  readonly jobs: readonly WriteJob[];
  readonly format: AnswerFormat;
}

interface WrittenText {
  readonly choice: Choice;
  readonly events: AsyncGenerator<WriteEvent, void, undefined>;
  /** Whether it is the first for its prompt. */
  readonly isFirst: boolean;
}

export class AnswerWriter {
  readonly #asked: Asked;
  readonly #answering: Answering;
  readonly #usage = new Usage();
  readonly #started = performance.now();
  /** Aborts the other texts when one fails. */
  readonly #abort = new AbortController();
  readonly #head: { readonly id: string; readonly created: number; readonly model: string };
  #hasText = false;

  constructor(asked: Asked, answering: Answering) {
    this.#asked = asked;
    this.#answering = answering;
    const id = asked.format.prefix + randomBytes(12).toString('hex');
    this.#head = { id, created: Math.floor(Date.now() / 1000), model: asked.model };
  }

  /** @throws ApiError, as long as nothing was sent; an error later on is sent as the stream's last event */
  async write(): Promise<void> {
    const texts = this.#begin();
    try {
      // What the model's thread refuses, it refuses with its first event.
      const first = await Promise.all(texts.map((text) => this.#next(text)));
      if (this.#asked.isStreamed) await this.#stream(texts, first);
      else await this.#whole(texts, first);
    } catch (error) {
      throw this.#cause(error);
    } finally {
      this.#abort.abort();
      this.#answering.metrics.countTokens(this.#usage);
      this.#answering.metrics.duration.observe(this.#seconds());
    }
  }

  #begin(): WrittenText[] {
    const { jobs, n, format } = this.#asked;
    const signal = AbortSignal.any([this.#answering.signal, this.#abort.signal]);
    return jobs.flatMap((job, place) =>
      Array.from({ length: n }, (_, i) => ({
        choice: format.choice(place * n + i),
        events: this.#answering.engine.write(withSeed(job, i), signal),
        isFirst: i === 0,
      })),
    );
  }

  async #whole(
    texts: readonly WrittenText[],
    first: readonly (WriteEvent | null)[],
  ): Promise<void> {
    await Promise.all(
      texts.map(async (text, i) => {
        for (let event = first[i] ?? null; event !== null; event = await this.#next(text))
          text.choice.take(event);
      }),
    );
    const { format } = this.#asked;
    const choices = texts.map(({ choice }) => choice.toJSON());
    const body = { ...this.#head, object: format.object, choices, usage: this.#usage.toJSON() };
    sendJson(this.#answering.response, 200, body);
  }

  async #stream(
    texts: readonly WrittenText[],
    first: readonly (WriteEvent | null)[],
  ): Promise<void> {
    const { format, includesUsage } = this.#asked;
    const head = { ...this.#head, object: format.chunkObject };
    const noUsage = includesUsage ? { usage: null } : {};
    const stream = new EventStream(this.#answering.response, this.#answering.signal);
    try {
      await Promise.all(
        texts.map(async (text, i) => {
          for (let event = first[i] ?? null; event !== null; event = await this.#next(text))
            for (const piece of text.choice.take(event))
              await stream.send({ ...head, choices: [piece], ...noUsage });
        }),
      );
      if (includesUsage) await stream.send({ ...head, choices: [], usage: this.#usage.toJSON() });
      await stream.send('[DONE]');
    } catch (error) {
      if (this.#answering.signal.aborted && this.#answering.response.destroyed) throw error;
      stream.tell(this.#cause(error));
    } finally {
      stream.end();
    }
  }

  /** null after the last. @throws ApiError for a refusal */
  async #next({ events, isFirst }: WrittenText): Promise<WriteEvent | null> {
    const { value } = await events.next();
    const event = value ?? null;
    if (event === null) return null;
    if (event.type === 'refused') throw refused(event.refusal);
    this.#usage.take(event, isFirst);
    if (event.type === 'text' && !this.#hasText) {
      this.#hasText = true;
      this.#answering.metrics.firstToken.observe(this.#seconds());
    }
    return event;
  }

  /** Why the server ended the request, if it did; else what went wrong. */
  #cause(error: unknown): ApiError {
    const { signal } = this.#answering;
    return asApiError(signal.aborted ? signal.reason : error);
  }

  #seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }
}

/** Text i is the one that n = 1 would give with the seed + i. */
const withSeed = (job: WriteJob, i: number): WriteJob => ({
  ...job,
  options: { ...job.options, seed: job.options.seed + i },
});

export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new ApiError(500, `The server failed: ${message}`);
}
