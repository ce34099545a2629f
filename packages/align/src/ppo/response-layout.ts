// PPO's view of a batch of answers: T steps a row, whatever the length of its prompt.
//
// Rows are [prompt, answer, padding]. Step t of a row is about answer token t: the hidden state before it gives its
// log-probability and its value. T is the longest answer; shorter ones have steps that don't count.
import { collate, joined } from '../data/collate.ts';
import type { TokenBatch } from '../data/collate.ts';
import { DataError } from '../errors.ts';

export interface ResponseLayout {
  /** T. */
  readonly steps: number;
  /** Index into the batch's flattened [B·L] of the state before answer token t, [B, T]. Steps past the answer's
   *  end point at its last token: the first of them is where the score is credited. */
  readonly positions: Int32Array;
  /** Answer tokens, 0 past the end, [B, T]. */
  readonly tokens: Int32Array;
  /** 1 for the answer's tokens, [B, T]. */
  readonly completionMask: Int32Array;
}

/** @throws DataError for an empty prompt or answer */
export function layOutResponses(
  prompts: readonly (readonly number[])[],
  completions: readonly (readonly number[])[],
  padTokenId = 0,
): { batch: TokenBatch; layout: ResponseLayout } {
  const rows = prompts.map((prompt, b) => joined(prompt, completions[b] ?? []));
  const batch = collate(rows, { padTokenId });
  const steps = Math.max(...completions.map((completion) => completion.length));
  const size = prompts.length * steps;
  const layout = {
    steps,
    positions: new Int32Array(size),
    tokens: new Int32Array(size),
    completionMask: new Int32Array(size),
  };
  prompts.forEach((prompt, b) => {
    const completion = completions[b] ?? [];
    if (prompt.length === 0 || completion.length === 0) {
      throw new DataError(
        `ppo: row ${b}: expected a prompt and an answer of at least one token, got ${prompt.length} and ${completion.length}.`,
      );
    }
    const first = b * batch.length + prompt.length - 1;
    for (let t = 0; t < steps; t++) {
      layout.positions[b * steps + t] = first + Math.min(t, completion.length);
      layout.tokens[b * steps + t] = completion[t] ?? 0;
      layout.completionMask[b * steps + t] = t < completion.length ? 1 : 0;
    }
  });
  return { batch, layout };
}
