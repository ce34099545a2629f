// How well a model predicts texts: bits per byte, which compares models of different vocabularies, and
// perplexity, which does not. The text is cut into blocks; each token is predicted once, from those before
// it in its block. The end-of-text token (or the beginning's, if there is one) stands before the first.
// With --stride below --block the blocks overlap, as in Hugging Face's recipe for perplexity: a token is then
// predicted from at least block − stride others. With --raw the texts stand alone, as in that recipe.
import { bitsPerByte, heldOutWindows, windowNats } from '@llm/align';
import { encodeTexts } from '../../../data/token-stream.ts';
import { readTexts } from '../../../data/text-files.ts';
import { contextLength } from '../../../models/context-length.ts';
import { inParts } from './evaluation.ts';
import type { Evaluation, EvaluationInput } from './evaluation.ts';

const DEFAULT_BLOCK = 512;
/** Batches of blocks between two looks at Ctrl-C. */
const BATCHES_OF_A_PART = 4;

function blockLength({ model, block }: TextInput): number {
  const context = contextLength(model);
  if (block === undefined) return Math.min(DEFAULT_BLOCK, context);
  if (block <= context) return block;
  throw new Error(`--block: expected at most ${context}, the model's context, got ${block}.`);
}

/** In the recipe a window's last token counts although it is only predicted. */
function windowOptions(block: number, stride: number | undefined) {
  if (stride === undefined || stride === block) return { blockLength: block, stride: block };
  if (stride < block) return { blockLength: block - 1, stride };
  throw new Error(
    `--stride: expected at most --block ${block}, got ${stride}. A larger stride would leave tokens out.`,
  );
}

function checkTokens(tokens: Int32Array, { model, path }: TextInput): void {
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

/** What it takes of an evaluation's input. */
type TextInput = Pick<
  EvaluationInput,
  | 'model'
  | 'tokenizer'
  | 'path'
  | 'data'
  | 'batch'
  | 'block'
  | 'stride'
  | 'isRaw'
  | 'output'
  | 'signal'
>;

export async function evaluateText(input: TextInput): Promise<Evaluation> {
  const { model, tokenizer, data, batch, isRaw, stride } = input;
  const block = blockLength(input);
  const windowing = windowOptions(block, stride);
  const encoded = await encodeTexts(readTexts(data), tokenizer, { endDocuments: !isRaw });
  const first = isRaw ? undefined : (tokenizer.bosTokenId ?? tokenizer.eosTokenId);
  const tokens = first === undefined ? encoded.tokens : withFirst(first, encoded.tokens);
  checkTokens(tokens, input);
  const count = tokens.length - 1;
  let nats = 0;
  const windows = heldOutWindows(count, windowing);
  await inParts(windows, batch * BATCHES_OF_A_PART, input, (part) => {
    nats += windowNats(model, tokens, part, batch);
  });
  const { bytes, documents } = encoded;
  const nll = nats / count;
  const perByte = bitsPerByte(nats, bytes);
  const overlap = stride === undefined ? {} : { stride };
  return {
    document: {
      ...{ bitsPerByte: perByte, perplexity: Math.exp(nll), nll },
      ...{ tokens: count, bytes, documents, block, ...overlap },
    },
    lines: [
      `${perByte.toFixed(4)} bits per byte`,
      `perplexity ${Math.exp(nll).toFixed(3)} a token, nll ${nll.toFixed(4)} nats`,
      `${count} tokens of ${documents} documents, ${bytes} bytes, in blocks of ${block} tokens${stride === undefined ? '' : ` every ${stride}`}`,
    ],
  };
}
