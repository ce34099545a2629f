// The model's thread as the server sees it.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { startWorker, type WorkerClient } from '@llm/tensor/worker';
import type {
  EmbedJob,
  EmbedResult,
  EngineInfo,
  EngineOptions,
  EngineStats,
  WriteEvent,
  WriteJob,
} from './messages.ts';
import type { EngineHandlers } from './worker.ts';

const WORKER = join('serve', 'worker.js');

/** The built worker: beside this file or above it, wherever the bundler has put this file. */
export function workerFile(): URL {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const file = join(folder, WORKER);
    if (existsSync(file)) return pathToFileURL(file);
    const parent = dirname(folder);
    if (parent === folder)
      throw new Error(
        `serve: expected ${WORKER} of the built app, got none. Run \`npm run setup\`.`,
      );
    folder = parent;
  }
}

export class EngineThread {
  readonly #worker: WorkerClient<EngineHandlers>;

  constructor(file: URL = workerFile()) {
    this.#worker = startWorker<EngineHandlers>(file);
  }

  load(options: EngineOptions): Promise<EngineInfo> {
    return this.#worker.call('load', options) as Promise<EngineInfo>;
  }

  /** The events of one text. Leaving the loop, or aborting, frees its place. */
  write(job: WriteJob, signal: AbortSignal): AsyncGenerator<WriteEvent, void, undefined> {
    return this.#worker.stream('write', job, { signal }) as AsyncGenerator<
      WriteEvent,
      void,
      undefined
    >;
  }

  embed(job: EmbedJob): Promise<EmbedResult> {
    return this.#worker.call('embed', job) as Promise<EmbedResult>;
  }

  stats(): Promise<EngineStats> {
    return this.#worker.call('stats', undefined) as Promise<EngineStats>;
  }

  close(): Promise<void> {
    return this.#worker.close();
  }
}
