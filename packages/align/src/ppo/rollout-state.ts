// A rollout as JSON, for a checkpoint in the middle of its minibatches. Every float32 is a double that JSON writes
// and reads exactly; what follows from prompts and answers is laid out again.
import type { JsonValue } from '@llm/optim';
import { layOutResponses } from './response-layout.ts';
import type { Rollout } from './rollout.ts';

const ARRAYS = [
  'logprobs',
  'referenceLogprobs',
  'values',
  'advantages',
  'returns',
  'scores',
  'kl',
  'nonScoreRewards',
] as const;

type Arrays = { readonly [name in (typeof ARRAYS)[number]]: number[] };
type Saved = Arrays & {
  readonly samples: {
    readonly promptIds: number[];
    readonly completionIds: number[];
    readonly isFinished: boolean;
  }[];
};

export function saveRollout(rollout: Rollout): JsonValue {
  const arrays = ARRAYS.map((name): [string, JsonValue] => [name, Array.from(rollout[name])]);
  const samples = rollout.samples.map((sample) => ({
    promptIds: [...sample.promptIds],
    completionIds: [...sample.completionIds],
    isFinished: sample.isFinished,
  }));
  return { samples, ...Object.fromEntries(arrays) };
}

export function restoreRollout(state: JsonValue, padTokenId?: number): Rollout {
  const { samples, ...saved } = state as Saved;
  const arrays = ARRAYS.map((name) => [name, Float32Array.from(saved[name])]);
  const answers = layOutResponses(
    samples.map((sample) => sample.promptIds),
    samples.map((sample) => sample.completionIds),
    padTokenId,
  );
  return {
    ...answers,
    samples,
    ...(Object.fromEntries(arrays) as Record<keyof Arrays, Float32Array>),
  };
}
