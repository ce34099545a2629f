/** Worker threads for training, in Node. The worker's file stands beside the built package's. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { TokenizerError } from '../errors.ts';
import type { TrainingWorker } from '../train/thread-team.ts';
import type { TaskAnswer, TaskMessage } from '../train/worker-tasks.ts';
import type { WorkerReply } from './training-worker.ts';

/** As many workers as asked for; none where the package is run from its sources, which a worker could not load. */
export function startWorkers(count: number): Promise<TrainingWorker[]> {
  const url = new URL('./training-worker.js', import.meta.url);
  if (count < 1 || !existsSync(fileURLToPath(url))) return Promise.resolve([]);
  return Promise.resolve(Array.from({ length: count }, () => new NodeWorker(url)));
}

class NodeWorker implements TrainingWorker {
  readonly #worker: Worker;
  /** Who waits for an answer, in the order of the questions. */
  readonly #waiting: { resolve(answer: TaskAnswer): void; reject(error: unknown): void }[] = [];

  constructor(url: URL) {
    this.#worker = new Worker(url);
    this.#worker.on('message', ({ answer, error }: WorkerReply) => {
      const next = this.#waiting.shift();
      if (error === undefined) next?.resolve(answer);
      else next?.reject(new TokenizerError(error));
    });
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new TokenizerError('train: a thread has ended.')));
  }

  ask(message: TaskMessage): Promise<TaskAnswer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(message, transferOf(message));
    });
  }

  close(): Promise<unknown> {
    // After an error of another thread nobody waits for the answers any more.
    this.#waiting.length = 0;
    return this.#worker.terminate();
  }

  #fail(error: unknown): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}

/** A stretch of a file is given away; nothing else is sent to one thread alone. */
function transferOf(message: TaskMessage): ArrayBuffer[] {
  return message.task === 'count' && message.texts instanceof Uint8Array
    ? [message.texts.buffer as ArrayBuffer]
    : [];
}
