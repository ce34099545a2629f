// Multiple choice by likelihood, as lm-evaluation-harness does it: a model chooses the answer whose text it
// finds likeliest after the question, by the sum of its tokens' log-probabilities (acc) or by that sum over
// the answer's characters, which does not favour short answers (acc_norm).
import { scope } from '@llm/tensor';
import type { CausalLm } from '@llm/transformer';
import { collate, joined } from '../data/collate.ts';
import type { TextTokenizer } from '../data/tokenizer.ts';
import { DataError } from '../errors.ts';
import { completionLogprobs, sumByRow } from '../logprobs/completion-logprobs.ts';
import { trainedPositions } from '../logprobs/trained-positions.ts';
import { inEvalMode } from '../models/in-eval-mode.ts';

/** A text and how it goes on. */
export interface Continuation {
  readonly context: string;
  readonly continuation: string;
}

export interface ContinuationScore {
  /** Σ log p of the continuation's tokens. */
  readonly logprob: number;
  /** Whether greedy generation would write it. */
  readonly isGreedy: boolean;
  readonly tokens: number;
  /** Tokens of the context that the model could not see. */
  readonly cut: number;
}

export interface ContinuationOptions {
  /** Tokens that the model can read; contexts lose their beginning beyond. @default no limit */
  readonly maxLength?: number;
  /** Rows of one forward pass. @default 8 */
  readonly batchSize?: number;
}

interface Row {
  readonly context: readonly number[];
  readonly continuation: readonly number[];
}

/** Scores continuations. Spaces at the end of a context belong to its continuation; an empty context is
 *  the tokenizer's beginning, else its end of text.
 *  @throws DataError for an empty continuation, and one that leaves no room for a token of context */
export function scoreContinuations(
  model: CausalLm,
  tokenizer: TextTokenizer,
  items: readonly Continuation[],
  { maxLength = Infinity, batchSize = 8 }: ContinuationOptions = {},
): ContinuationScore[] {
  const rows = items.map((item, i) => {
    const row = encodePair(tokenizer, item);
    const { length } = row.continuation;
    if (length > 0 && length <= maxLength) return row;
    throw new DataError(
      `scoreContinuations: continuation ${i + 1}: expected 1 to ${maxLength} tokens, got ${length}. Change or leave it out.`,
    );
  });
  // Rows of like length together, so that little is padded.
  const order = Array.from(rows.keys()).sort((a, b) => sizeOf(rows[b]!) - sizeOf(rows[a]!));
  const scores = new Array<ContinuationScore>(rows.length);
  inEvalMode(model, () => {
    for (let start = 0; start < order.length; start += batchSize) {
      const part = order.slice(start, start + batchSize);
      const found = scoreRows(
        model,
        part.map((i) => rows[i]!),
        maxLength,
      );
      part.forEach((i, k) => (scores[i] = found[k]!));
    }
  });
  return scores;
}

const sizeOf = ({ context, continuation }: Row): number => context.length + continuation.length;

function encodePair(tokenizer: TextTokenizer, { context, continuation }: Continuation): Row {
  const text = context.trimEnd();
  const rest = context.slice(text.length) + continuation;
  if (text === '') {
    const first = tokenizer.bosTokenId ?? tokenizer.eosTokenId;
    if (first === undefined) {
      throw new DataError(
        'scoreContinuations: context: expected text, or a tokenizer with a token for the beginning or the end, got neither.',
      );
    }
    const ids = tokenizer.encode(rest, { addSpecialTokens: false });
    return { context: [first], continuation: ids };
  }
  const whole = tokenizer.encode(text + rest);
  const before = tokenizer.encode(text);
  return { context: whole.slice(0, before.length), continuation: whole.slice(before.length) };
}

function scoreRows(model: CausalLm, rows: readonly Row[], maxLength: number): ContinuationScore[] {
  const cuts = rows.map((row) => Math.max(0, sizeOf(row) - 1 - maxLength)); // the last is not read
  const examples = rows.map(({ context, continuation }, i) =>
    joined(context.slice(cuts[i]), continuation),
  );
  const batch = collate(examples);
  return scope(() => {
    const { logprobs, hits } = completionLogprobs(model, batch);
    const sums = sumByRow(logprobs, batch).dataSync();
    const misses = new Array<number>(rows.length).fill(0);
    const right = hits.dataSync();
    trainedPositions(batch).rows.forEach((row, n) => (misses[row]! += right[n] === 1 ? 0 : 1));
    return rows.map(({ continuation }, i) => ({
      logprob: sums[i]!,
      isGreedy: misses[i] === 0,
      tokens: continuation.length,
      cut: cuts[i]!,
    }));
  });
}

export interface Choice {
  /** The answer with the largest sum. */
  readonly bySum: number;
  /** The answer with the largest sum for each of its characters. */
  readonly byLength: number;
}

/** @param answers the texts that were scored, in the same order */
export function chooseLikeliest(
  scores: readonly Pick<ContinuationScore, 'logprob'>[],
  answers: readonly string[],
): Choice {
  const sums = scores.map(({ logprob }) => logprob);
  return {
    bySum: indexOfLargest(sums),
    byLength: indexOfLargest(sums.map((sum, i) => sum / Math.max(1, answers[i]!.length))),
  };
}

/** The first of equals, as numpy's argmax. */
function indexOfLargest(values: readonly number[]): number {
  return values.reduce((best, value, i) => (value > values[best]! ? i : best), 0);
}
