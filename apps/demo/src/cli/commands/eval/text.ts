// How well a model predicts texts: bits per byte, which compares models of different vocabularies, and
// perplexity, which does not. The text is cut into blocks; each token is predicted once, from those before
// it in its block. The end-of-text token (or the beginning's, if there is one) stands before the first.
import { bitsPerByte, evaluateHeldOut } from '@llm/align';
import { encodeTexts } from '../../../data/token-stream.ts';
import { readTexts } from '../../../data/text-files.ts';
import { contextLength } from '../../../models/context-length.ts';
import { inParts } from './evaluation.ts';
import type { Evaluation, EvaluationInput } from './evaluation.ts';

const DEFAULT_BLOCK = 512;
/** Batches of blocks between two looks at Ctrl-C. */
const BATCHES_OF_A_PART = 4;

function blockLength({ model, block }: EvaluationInput): number {
  const context = contextLength(model);
  if (block === undefined) return Math.min(DEFAULT_BLOCK, context);
  if (block <= context) return block;
  throw new Error(`--block: expected at most ${context}, the model's context, got ${block}.`);
}

function checkTokens(tokens: Int32Array, { model, path }: EvaluationInput): void {
  const { vocabSize } = model.config;
  const wrong = tokens.find((id) => id >= vocabSize);
  if (wrong === undefined) return;
  throw new Error(
    `--model: ${path}: expected ids below the model's vocabulary of ${vocabSize}, got ${wrong}. Is the tokenizer that of another model?`,
  );
}

function withFirst(first: number, rest: Int32Array): Int32Array {
  const tokens = new Int32Array(rest.length + 1);
  tokens[0] = first;
  tokens.set(rest, 1);
  return tokens;
}

export async function evaluateText(input: EvaluationInput): Promise<Evaluation> {
  const { model, tokenizer, data, batch } = input;
  const block = blockLength(input);
  const encoded = await encodeTexts(readTexts(data), tokenizer);
  const first = tokenizer.bosTokenId ?? tokenizer.eosTokenId;
  const tokens = first === undefined ? encoded.tokens : withFirst(first, encoded.tokens);
  checkTokens(tokens, input);
  const partLength = block * batch * BATCHES_OF_A_PART;
  const starts = Array.from(
    { length: Math.max(1, Math.ceil((tokens.length - 1) / partLength)) },
    (_, i) => i * partLength,
  );
  let nats = 0;
  await inParts(starts, 1, input, ([start = 0]) => {
    const part = tokens.subarray(start, start + partLength + 1); // the last is predicted, not read
    nats += evaluateHeldOut(model, part, { blockLength: block, batchSize: batch }).nats;
  });
  const count = tokens.length - 1;
  const { bytes, documents } = encoded;
  const nll = nats / count;
  const perByte = bitsPerByte(nats, bytes);
  return {
    document: {
      bitsPerByte: perByte,
      perplexity: Math.exp(nll),
      nll,
      tokens: count,
      bytes,
      documents,
      block,
    },
    lines: [
      `${perByte.toFixed(4)} bits per byte`,
      `perplexity ${Math.exp(nll).toFixed(3)} a token, nll ${nll.toFixed(4)} nats`,
      `${count} tokens of ${documents} documents, ${bytes} bytes, in blocks of ${block} tokens`,
    ],
  };
}
