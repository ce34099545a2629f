// Loss that can be compared between tokenizers: the bits a model needs for each byte of text.
import { scope, tf } from '@llm/tensor';
import { tokenLoss } from '@llm/transformer';
import type { CausalLm } from '@llm/transformer';
import { ConfigError, DataError } from '../errors.ts';
import { inEvalMode } from '../models/in-eval-mode.ts';

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

/** Negative log-likelihood of a token stream, cut into blocks; each token but the first is predicted once, from the
 *  tokens before it in its block (so the first of a block from the last of the block before). */
export function evaluateHeldOut(
  model: CausalLm,
  tokens: ArrayLike<number>,
  options: HeldOutOptions = {},
): HeldOutLoss {
  const { blockLength = 128, batchSize = 8, bytes } = options;
  if (tokens.length < 2) {
    throw new DataError(`evaluateHeldOut: tokens: expected at least 2, got ${tokens.length}.`);
  }
  const batches = blockStarts(tokens.length - 1, blockLength, batchSize);
  const nats = inEvalMode(model, () =>
    batches.reduce((sum, starts) => sum + sumNats(model, tokens, starts, blockLength), 0),
  );
  const count = tokens.length - 1;
  const nll = nats / count;
  const perByte = bytes === undefined ? {} : { bitsPerByte: bitsPerByte(nats, bytes) };
  return { nats, tokens: count, nll, perplexity: Math.exp(nll), ...perByte };
}

/** First token of each block, in batches of blocks of equal length; the short last block is alone. */
function blockStarts(count: number, blockLength: number, batchSize: number): number[][] {
  const whole = Math.floor(count / blockLength);
  const batches: number[][] = [];
  for (let block = 0; block < whole; block += batchSize) {
    const size = Math.min(batchSize, whole - block);
    batches.push(Array.from({ length: size }, (_, i) => (block + i) * blockLength));
  }
  if (whole * blockLength < count) batches.push([whole * blockLength]);
  return batches;
}

function sumNats(
  model: CausalLm,
  tokens: ArrayLike<number>,
  starts: readonly number[],
  blockLength: number,
): number {
  const T = Math.min(blockLength, tokens.length - 1 - starts[0]!);
  const shape: [number, number] = [starts.length, T];
  const ids = (offset: number) =>
    tf.tensor2d(
      Int32Array.from(
        { length: starts.length * T },
        (_, i) => tokens[starts[Math.floor(i / T)]! + (i % T) + offset]!,
      ),
      shape,
      'int32',
    );
  return scope(() => {
    const hidden = model.hiddenStates(ids(0));
    return tokenLoss(model, hidden, ids(1), { reduction: 'sum' }).dataSync()[0] ?? NaN;
  });
}
