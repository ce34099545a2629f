/**
 * The threads of a training run: this one and workers, which share out the reading of the corpus and the rounds of
 * Unigram. Who does what does not change the result: counts join in the order of the texts, sums are made in the order
 * of fixed shards.
 */
import { TokenizerError } from '../errors.ts';
import { startWorkers } from '../node/training-workers.ts';
import type { Texts } from './text-batches.ts';
import { textBatches } from './text-batches.ts';
import type { Counted, CountJob } from './text-counter.ts';
import type { CountedWords, Expectation, Kept, Usage } from './unigram-em.ts';
import { SHARDS, shardOf, sumArrays, sumShards } from './unigram-em.ts';
import type { TaskAnswer, TaskMessage } from './worker-tasks.ts';
import { WorkerTasks } from './worker-tasks.ts';

/** A thread that answers messages in their order. */
export interface TrainingWorker {
  ask(message: TaskMessage): Promise<TaskAnswer>;
  close(): Promise<unknown>;
}

/** Batches that a worker may have before it: one that it works on, and one to go on with. */
const QUEUED = 2;

export class ThreadTeam {
  readonly #workers: readonly TrainingWorker[];
  readonly #own = new WorkerTasks();

  private constructor(workers: readonly TrainingWorker[]) {
    this.#workers = workers;
  }

  /** @param threads How many in all; a browser has but one. */
  static async start(threads: number, name: string): Promise<ThreadTeam> {
    if (!Number.isInteger(threads) || threads < 1 || threads > 256)
      throw new TokenizerError(
        `${name}: threads: expected a number from 1 to 256, got ${threads}.`,
      );
    return new ThreadTeam(await startWorkers(Math.min(threads, SHARDS) - 1));
  }

  /** What each thread counted of the texts. */
  async count(
    texts: Texts,
    job: CountJob,
    onProgress: (done: number, total: number | undefined) => void,
  ): Promise<Counted[]> {
    const waiting = this.#workers.map(() => 0);
    const failures: unknown[] = [];
    let batch = 0;
    for await (const content of textBatches(texts, job.name, onProgress)) {
      if (failures.length > 0) throw failures[0];
      const message = { task: 'count', job, batch: batch++, texts: content } as const;
      const free = waiting.findIndex((count) => count < QUEUED);
      if (free < 0) this.#own.handle(message);
      else {
        waiting[free] = (waiting[free] as number) + 1;
        this.#ask(free, message).then(
          () => (waiting[free] = (waiting[free] as number) - 1),
          (error: unknown) => failures.push(error),
        );
      }
      // Answers are heard between two batches.
      if (this.#workers.length > 0) await nextTurn();
    }
    const counted = await this.#all<Counted>({ task: 'counted', job });
    if (failures.length > 0) throw failures[0];
    return counted;
  }

  /** Gives each thread its shards of the words. */
  async startRounds(words: CountedWords, pieces: readonly string[]): Promise<void> {
    const team = this.#workers.length + 1;
    const shardsOf = (thread: number): CountedWords[] =>
      Array.from({ length: SHARDS }, (_, shard) => shard)
        .filter((shard) => shard % team === thread)
        .map((shard) => shardOf(words, shard));
    const message = (thread: number): TaskMessage => ({
      task: 'words',
      shards: shardsOf(thread),
      pieces,
    });
    const asked = this.#workers.map((_, i) => this.#ask(i, message(i + 1)));
    this.#own.handle(message(0));
    await Promise.all(asked);
  }

  async expect(kept: Kept, scores: Float64Array, unkScore: number): Promise<Expectation> {
    return sumShards(await this.#shards<Expectation>({ task: 'expect', kept, scores, unkScore }));
  }

  async usage(kept: Kept, scores: Float64Array, unkScore: number): Promise<Usage> {
    return sumArrays(await this.#shards<Usage>({ task: 'usage', kept, scores, unkScore }));
  }

  /** Answers of all threads' shards, in the order of the shards. */
  async #shards<Answer>(message: TaskMessage): Promise<Answer[]> {
    const answers = await this.#all<readonly Answer[]>(message);
    const team = answers.length;
    return Array.from(
      { length: SHARDS },
      (_, shard) => answers[shard % team]?.[Math.floor(shard / team)] as Answer,
    );
  }

  async #all<Answer extends TaskAnswer | readonly unknown[]>(
    message: TaskMessage,
  ): Promise<Answer[]> {
    const asked = this.#workers.map((_, i) => this.#ask(i, message));
    const own = this.#own.handle(message);
    return [own, ...(await Promise.all(asked))] as Answer[];
  }

  #ask(worker: number, message: TaskMessage): Promise<TaskAnswer> {
    return (this.#workers[worker] as TrainingWorker).ask(message);
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.close()));
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
