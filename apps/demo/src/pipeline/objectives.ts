// What a family learns from plain text: how a stretch of it becomes a batch, and the batch's loss. All
// that is random is drawn from one generator, which a checkpoint keeps, so that a resumed run goes on
// with the same bits.
import { mapBatches, packedBlocks } from '@llm/optim';
import type { BatchSource, PackedBatch } from '@llm/optim';
import type { Generator, Tensor } from '@llm/tensor';
import { collateMasked, collateSeq2Seq, corruptSpans, denoiseInput } from '@llm/transformer';
import { maskedLmLoss, seq2SeqLoss, tokenLoss } from '@llm/transformer';
import type {
  CausalLm,
  EncoderModel,
  LabelledBatch,
  Seq2SeqBatch,
  Seq2SeqLm,
} from '@llm/transformer';
import type { Tokenizer } from '@llm/tokenizer';
import { endId, maskId, padId, sentinelIds, startId } from '../models/pretraining-tokenizer.ts';

export interface Objective<Batch> {
  readonly batches: BatchSource<Batch>;
  /** A scalar: the mean over the tokens that the model is asked for. */
  readonly loss: (batch: Batch) => Tensor;
  readonly tokens: (batch: Batch) => number;
}

/** One long stream of token ids, and how batches are cut from it. */
export interface Stream {
  readonly tokens: Int32Array;
  readonly batchSize: number;
  /** Tokens that the model reads at once, special ones included. */
  readonly blockLength: number;
  readonly generator: Generator;
}

/** Of decoders: each token from those before it. */
export function nextToken(model: CausalLm, stream: Stream): Objective<PackedBatch> {
  return {
    batches: packedBlocks(stream.tokens, stream),
    loss: ({ inputIds, labels }) => tokenLoss(model, model.hiddenStates(inputIds), labels),
    tokens: ({ inputIds }) => inputIds.size,
  };
}

/** Of BERT: 15 % of the words are masked (whole, where the tokenizer marks what goes on with `##`). */
export function maskedWords(
  model: EncoderModel,
  tokenizer: Tokenizer,
  stream: Stream,
): Objective<LabelledBatch> {
  const [start, end] = [startId(tokenizer), endId(tokenizer)];
  const padTokenId = padId(tokenizer);
  const isPart = Array.from({ length: tokenizer.vocabSize }, (_, id) =>
    tokenizer.idToToken(id)?.startsWith('##'),
  );
  const masking = {
    ...{ maskTokenId: maskId(tokenizer), padTokenId, vocabSize: tokenizer.vocabSize },
    specialTokens: [start, end, padTokenId, maskId(tokenizer)],
    generator: stream.generator,
    isWordStart: (id: number) => isPart[id] !== true,
  };
  return {
    batches: fromStretches(stream, 2, (rows) =>
      collateMasked(
        rows.map((row) => [start, ...row, end]),
        masking,
      ),
    ),
    loss: (batch) => maskedLmLoss(model, batch),
    tokens: ({ inputIds }) => inputIds.size,
  };
}

/** Of T5: spans of 3 tokens on average, 15 % in all, are written by the decoder.
 *  @throws Error when a block may lose more spans than the tokenizer has sentinels */
export function corruptedSpans(
  model: Seq2SeqLm,
  tokenizer: Tokenizer,
  stream: Stream,
): Objective<Seq2SeqBatch> {
  const sentinels = sentinelIds(tokenizer);
  const needed = Math.round((0.15 * stream.blockLength) / 3);
  if (needed > sentinels.length) {
    throw new Error(
      `--block: expected at most ${sentinels.length * 20} tokens with ${sentinels.length} sentinels, got ${stream.blockLength}. Make it smaller.`,
    );
  }
  const options = {
    sentinel: (k: number) => sentinels[k]!,
    eosTokenId: endId(tokenizer),
    generator: stream.generator,
  };
  return teacherForcing(model, stream, 1, (row) => corruptSpans(row, options));
}

/** Of BART: 30 % of the tokens are behind masks; the decoder writes the text as it was. */
export function denoising(
  model: Seq2SeqLm,
  tokenizer: Tokenizer,
  stream: Stream,
): Objective<Seq2SeqBatch> {
  const [start, end] = [startId(tokenizer), endId(tokenizer)];
  const options = { maskTokenId: maskId(tokenizer), generator: stream.generator };
  return teacherForcing(model, stream, 2, (row) => {
    const noisy = denoiseInput(row, options).slice(0, row.length); // masks put in may make it longer
    return { inputIds: [start, ...noisy, end], labels: [start, ...row, end] };
  });
}

function teacherForcing(
  model: Seq2SeqLm,
  stream: Stream,
  specialTokens: number,
  pairOf: (row: number[]) => { inputIds: number[]; labels: number[] },
): Objective<Seq2SeqBatch> {
  const { padTokenId, decoderStartTokenId } = model.config;
  return {
    batches: fromStretches(stream, specialTokens, (rows) =>
      collateSeq2Seq(rows.map(pairOf), { padTokenId, decoderStartTokenId }),
    ),
    loss: (batch) => seq2SeqLoss(model, batch),
    tokens: ({ inputIds, labels }) => inputIds.size + labels.size,
  };
}

/** Batches of stretches that leave room for `specialTokens`. */
function fromStretches<Batch>(
  { tokens, batchSize, blockLength, generator }: Stream,
  specialTokens: number,
  collate: (rows: number[][]) => Batch,
): BatchSource<Batch> {
  const blocks = packedBlocks(tokens, {
    ...{ batchSize, generator, blockLength: blockLength - specialTokens },
  });
  return mapBatches(blocks, ({ inputIds, labels }) => {
    const rows = inputIds.arraySync();
    inputIds.dispose();
    labels.dispose();
    return collate(rows);
  });
}
