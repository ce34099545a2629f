// Completions as a rectangular batch, and which of their tokens teach.
import { layOutResponses } from '../ppo/response-layout.ts';
import type { Answers } from '../ppo/policy-outputs.ts';
import type { Sample } from '../ppo/score-samples.ts';

/** Rows, and the mask of the tokens that teach. */
export function layOutGroup(
  samples: readonly Sample[],
  options: { padTokenId?: number | undefined; maskTruncated?: boolean | undefined },
): Answers & { readonly lossMask: Int32Array } {
  const { padTokenId, maskTruncated = false } = options;
  const answers = layOutResponses(
    samples.map((sample) => sample.promptIds),
    samples.map((sample) => sample.completionIds),
    padTokenId,
  );
  const { steps, completionMask } = answers.layout;
  const lossMask = completionMask.map((keep, i) =>
    maskTruncated && !samples[Math.floor(i / steps)]!.isFinished ? 0 : keep,
  );
  return { ...answers, lossMask };
}
