// Loss that can be compared between tokenizers: the bits a model needs for each byte of text.
import { IGNORE_INDEX, scope, tf } from '@llm/tensor';
import { tokenLoss } from '@llm/transformer';
import type { CausalLm } from '@llm/transformer';
import { ConfigError, DataError } from '../errors.ts';
import { inEvalMode } from '../models/in-eval-mode.ts';
import { heldOutWindows, windowBatches, type HeldOutWindow } from './held-out-windows.ts';

/** nats → bits / bytes. @param nats summed negative log-likelihood @param bytes UTF-8 bytes of the predicted text */
export function bitsPerByte(nats: number, bytes: number): number {
  if (!(bytes > 0)) {
    throw new ConfigError(`bitsPerByte: bytes: expected a number > 0, got ${bytes}.`);
  }
  return nats / Math.LN2 / bytes;
}

export interface HeldOutOptions {
  /** Tokens that the model sees at once. @default 128 */
  blockLength?: number;
  /** Tokens from one block's start to the next one's. Below blockLength, blocks overlap: each token is
   *  still predicted once, but from at least blockLength − stride others. @default blockLength */
  stride?: number;
  /** Blocks of one forward pass. @default 8 */
  batchSize?: number;
  /** UTF-8 bytes of the text that `tokens` came from; adds bitsPerByte to the result. */
  bytes?: number;
}

export interface HeldOutLoss {
  /** Summed −log p of all tokens but the first. */
  readonly nats: number;
  /** How many those are. */
  readonly tokens: number;
  /** nats / tokens. */
  readonly nll: number;
  readonly perplexity: number;
  readonly bitsPerByte?: number;
}

/** Negative log-likelihood of a token stream, read in blocks; each token but the first is predicted once, from the
 *  tokens before it in its block (so the first of a block from the last of the block before). */
export function evaluateHeldOut(
  model: CausalLm,
  tokens: ArrayLike<number>,
  options: HeldOutOptions = {},
): HeldOutLoss {
  const { blockLength = 128, stride = blockLength, batchSize = 8, bytes } = options;
  if (tokens.length < 2) {
    throw new DataError(`evaluateHeldOut: tokens: expected at least 2, got ${tokens.length}.`);
  }
  const count = tokens.length - 1;
  const windows = heldOutWindows(count, { blockLength, stride });
  const nats = windowNats(model, tokens, windows, batchSize);
  const nll = nats / count;
  const perByte = bytes === undefined ? {} : { bitsPerByte: bitsPerByte(nats, bytes) };
  return { nats, tokens: count, nll, perplexity: Math.exp(nll), ...perByte };
}

/** Summed −log p of what the windows predict and have not skipped. */
export function windowNats(
  model: CausalLm,
  tokens: ArrayLike<number>,
  windows: readonly HeldOutWindow[],
  batchSize: number,
): number {
  return inEvalMode(model, () =>
    windowBatches(windows, batchSize).reduce(
      (sum, batch) => sum + sumNats(model, tokens, batch),
      0,
    ),
  );
}

/** @param windows of one length */
function sumNats(
  model: CausalLm,
  tokens: ArrayLike<number>,
  windows: readonly HeldOutWindow[],
): number {
  const T = windows[0]!.length;
  const rows = (make: (window: HeldOutWindow, t: number) => number) =>
    tf.tensor2d(
      Int32Array.from({ length: windows.length * T }, (_, i) =>
        make(windows[Math.floor(i / T)]!, i % T),
      ),
      [windows.length, T],
      'int32',
    );
  return scope(() => {
    const hidden = model.hiddenStates(rows(({ start }, t) => tokens[start + t]!));
    const labels = rows(({ start, skip }, t) => (t < skip ? IGNORE_INDEX : tokens[start + t + 1]!));
    return tokenLoss(model, hidden, labels, { reduction: 'sum' }).dataSync()[0] ?? NaN;
  });
}
