/** What a training thread does: messages as plain data, and the answer to each. Knows nothing of how they travel. */
import type { TextBatch } from './text-batches.ts';
import { forEachText } from './text-batches.ts';
import type { Counted, CountJob, TextCounter } from './text-counter.ts';
import { textCounter } from './text-counter.ts';
import type { CountedWords, Expectation, Kept, Usage } from './unigram-em.ts';
import { ShardRounds } from './unigram-em.ts';

export type TaskMessage =
  | {
      readonly task: 'count';
      readonly job: CountJob;
      readonly batch: number;
      readonly texts: TextBatch;
    }
  | { readonly task: 'counted'; readonly job: CountJob }
  | {
      readonly task: 'words';
      readonly shards: readonly CountedWords[];
      readonly pieces: readonly string[];
    }
  | {
      readonly task: 'expect' | 'usage';
      readonly kept: Kept;
      readonly scores: Float64Array;
      readonly unkScore: number;
    };

/** By task: nothing, what was counted, nothing, an expectation or a usage for each shard. */
export type TaskAnswer = undefined | Counted | readonly Expectation[] | readonly Usage[];

export class WorkerTasks {
  #counter: TextCounter | undefined;
  #rounds: ShardRounds | undefined;

  handle(message: TaskMessage): TaskAnswer {
    switch (message.task) {
      case 'count': {
        const counter = (this.#counter ??= textCounter(message.job));
        forEachText(message.texts, (text) => counter.add(text, message.batch));
        return undefined;
      }
      case 'counted': {
        const counter = this.#counter ?? textCounter(message.job);
        this.#counter = undefined;
        return counter.finish();
      }
      case 'words':
        this.#rounds = new ShardRounds(message.shards, message.pieces);
        return undefined;
      case 'expect':
      case 'usage': {
        const { task, kept, scores, unkScore } = message;
        return this.#rounds?.[task](kept, scores, unkScore);
      }
    }
  }
}
