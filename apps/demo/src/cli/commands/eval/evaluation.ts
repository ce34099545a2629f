// What the evaluations are given and give back.
import type { OpenModel } from '../../../models/open-model.ts';
import type { Output } from '../../output.ts';

export interface EvaluationInput extends OpenModel {
  /** What --model and --data say. */
  readonly path: string;
  readonly data: readonly string[];
  readonly batch: number;
  readonly block: number | undefined;
  readonly stride: number | undefined;
  readonly isRaw: boolean;
  readonly delimiter: string;
  readonly until: readonly string[];
  readonly ignoreCase: boolean;
  readonly ignorePunctuation: boolean;
  readonly maxNewTokens: number;
  readonly output: Output;
  readonly signal: AbortSignal;
}

export interface Evaluation {
  /** The JSON document. */
  readonly document: object;
  /** The same for people, a line each. */
  readonly lines: readonly string[];
}

/** Runs `work` on one part of `items` after the other, with a progress bar and an ear for Ctrl-C. */
export async function inParts<Item>(
  items: readonly Item[],
  size: number,
  { output, signal }: Pick<EvaluationInput, 'output' | 'signal'>,
  work: (part: readonly Item[]) => void | Promise<void>,
): Promise<void> {
  const progress = output.progress('eval', items.length);
  for (let start = 0; start < items.length; start += size) {
    await new Promise((resolve) => setImmediate(resolve)); // the models hold the event loop
    signal.throwIfAborted();
    await work(items.slice(start, start + size));
    progress.update(Math.min(start + size, items.length));
  }
  progress.finish();
}

export const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;
