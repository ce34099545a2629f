// Micro-batches as JSON, for a checkpoint in the middle of a generation. Every float32 is a double that JSON writes
// and reads exactly; what follows from prompts and completions is laid out again.
import type { JsonValue } from '@llm/optim';
import type { GroupBatch, GroupBatchOptions } from './group-batches.ts';
import { layOutGroup } from './lay-out-group.ts';

export function saveMicroBatches(batches: readonly GroupBatch[]): JsonValue {
  const list = (values: Float32Array | undefined) => (values ? Array.from(values) : null);
  return batches.map((batch) => ({
    samples: batch.samples.map(({ promptIds, completionIds, isFinished }) => ({
      promptIds: [...promptIds],
      completionIds: [...completionIds],
      isFinished,
    })),
    advantages: Array.from(batch.advantages),
    oldLogprobs: list(batch.oldLogprobs),
    referenceLogprobs: list(batch.referenceLogprobs),
    meanTokens: batch.meanTokens,
  }));
}

export function restoreMicroBatches(
  state: JsonValue,
  options: Pick<GroupBatchOptions, 'padTokenId' | 'maskTruncated'>,
): GroupBatch[] {
  const array = (values: number[] | null) => (values ? Float32Array.from(values) : undefined);
  return (state as unknown as SavedBatch[]).map((saved) => ({
    ...layOutGroup(saved.samples, options),
    samples: saved.samples,
    advantages: Float32Array.from(saved.advantages),
    oldLogprobs: array(saved.oldLogprobs),
    referenceLogprobs: array(saved.referenceLogprobs),
    meanTokens: saved.meanTokens,
  }));
}

interface SavedBatch {
  readonly samples: { promptIds: number[]; completionIds: number[]; isFinished: boolean }[];
  readonly advantages: number[];
  readonly oldLogprobs: number[] | null;
  readonly referenceLogprobs: number[] | null;
  readonly meanTokens: number;
}
