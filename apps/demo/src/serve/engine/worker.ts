// The thread in which the model computes, so that the server's own stays free to listen and to send.
import { serveWorker, type CallContext } from '@llm/tensor/worker';
import type {
  EmbedJob,
  EmbedResult,
  EngineInfo,
  EngineOptions,
  EngineStats,
  WriteEvent,
  WriteJob,
} from './messages.ts';
import { openEngine, type Engine } from './open-engine.ts';
import { RefusedError } from './refusal.ts';

let engine: Engine | undefined;

function opened(): Engine {
  if (engine === undefined) throw new Error('engine: expected load() first, got another call.');
  return engine;
}

const handlers = {
  async load(options: EngineOptions): Promise<EngineInfo> {
    engine = await openEngine(options);
    return engine.info;
  },

  async *write(job: WriteJob, { signal }: CallContext): AsyncGenerator<WriteEvent, void, void> {
    try {
      yield* opened().writer!.write(job, signal);
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      yield { type: 'refused', refusal: error.refusal };
    }
  },

  async embed(job: EmbedJob): Promise<EmbedResult> {
    try {
      return await opened().embedder!.embed(job);
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      return { refusal: error.refusal };
    }
  },

  stats: (): EngineStats => opened().stats,
};

export type EngineHandlers = typeof handlers;

serveWorker(handlers, { isConcurrent: true });
