// How a long text is read by a model of limited context: in windows, side by side or overlapping.
import { ConfigError } from '../errors.ts';

export interface HeldOutWindow {
  /** First token read. */
  readonly start: number;
  /** Tokens read; each predicts the next one. */
  readonly length: number;
  /** Of the predictions, how many an earlier window has made already. */
  readonly skip: number;
}

/** Windows over a stream in which `predictions` tokens follow another one. Each is predicted once; with a
 *  stride below the block's length from at least blockLength − stride tokens before it, the stream's
 *  beginning aside. */
export function heldOutWindows(
  predictions: number,
  { blockLength, stride }: { readonly blockLength: number; readonly stride: number },
): HeldOutWindow[] {
  if (!Number.isInteger(stride) || stride < 1 || stride > blockLength) {
    throw new ConfigError(
      `heldOutWindows: stride: expected a whole number from 1 to blockLength ${blockLength}, got ${stride}. A larger stride would leave tokens out.`,
    );
  }
  const windows: HeldOutWindow[] = [];
  let end = 0; // predictions made
  for (let start = 0; end < predictions; start += stride) {
    const length = Math.min(blockLength, predictions - start);
    windows.push({ start, length, skip: end - start });
    end = start + length;
  }
  return windows;
}

/** Windows next to each other that are of one length, at most `batchSize` together. */
export function windowBatches(
  windows: readonly HeldOutWindow[],
  batchSize: number,
): HeldOutWindow[][] {
  const batches: HeldOutWindow[][] = [];
  for (const window of windows) {
    const last = batches.at(-1);
    const fits = last && last.length < batchSize && last[0]!.length === window.length;
    if (fits) last.push(window);
    else batches.push([window]);
  }
  return batches;
}
