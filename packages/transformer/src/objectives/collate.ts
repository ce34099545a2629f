// Rows of token ids → one rectangular batch of tensors, for encoders and encoder–decoders. (Decoders:
// packedBlocks of @llm/optim for plain text, `collate` of @llm/align for prompts and completions.)
// Labels of padding are −100, as of every token that is not asked for, which crossEntropy leaves out.
import { IGNORE_INDEX, tf, type Tensor } from '@llm/tensor';
import type { SourceAndTarget } from './corrupt-spans.ts';
import { maskTokens, type MaskOptions } from './mask-tokens.ts';

/** Tensors that `train` of @llm/optim disposes after use; elsewhere they are the caller's. */
export interface TextBatch {
  readonly inputIds: Tensor; // [B, T] int32
  readonly attentionMask: Tensor; // [B, T] int32, 1 = a token, 0 = padding
}

export interface LabelledBatch extends TextBatch {
  /** int32: a class for each row [B], or a token or class for each token [B, T]. */
  readonly labels: Tensor;
}

export interface Seq2SeqBatch extends LabelledBatch {
  readonly decoderIds: Tensor; // [B, U]: the start token, then the labels, one token late
}

export interface PadOptions {
  /** Any id: padding is masked. @default 0 */
  readonly padTokenId?: number;
  /** Rounds lengths up, so that fewer shapes occur. @default 1 */
  readonly padToMultipleOf?: number;
}

type Rows = readonly (readonly number[])[];

/** Fills rows up to the longest one's length, on the right. Throws RangeError for no rows or an empty one. */
export function collateTexts(rows: Rows, options: PadOptions = {}): TextBatch {
  const { padTokenId = 0 } = options;
  const length = paddedLength('collateTexts', rows, options);
  const ones = rows.map((row) => row.map(() => 1));
  return {
    inputIds: filled(rows, length, padTokenId),
    attentionMask: filled(ones, length, 0),
  };
}

/** Texts with one class each (sentiment, spam): labels [B]. */
export function collateClasses(
  rows: readonly { readonly inputIds: readonly number[]; readonly label: number }[],
  options: PadOptions = {},
): LabelledBatch {
  const texts = collateTexts(
    rows.map(({ inputIds }) => inputIds),
    options,
  );
  const labels = Int32Array.from(rows, ({ label }) => label);
  return { ...texts, labels: tf.tensor1d(labels, 'int32') };
}

/** Texts with a class for each token (named entities): labels [B, T]; −100 is not asked for. */
export function collateTokenClasses(
  rows: readonly {
    readonly inputIds: readonly number[];
    readonly labels: readonly number[];
  }[],
  options: PadOptions = {},
): LabelledBatch {
  for (const [i, { inputIds, labels }] of rows.entries()) {
    if (inputIds.length === labels.length) continue;
    throw new RangeError(
      `collateTokenClasses: row ${i}: expected a label for each of ${inputIds.length} tokens, got ${labels.length}. Give −100 where there is none.`,
    );
  }
  const texts = collateTexts(
    rows.map(({ inputIds }) => inputIds),
    options,
  );
  const labels = rows.map((row) => row.labels);
  return { ...texts, labels: filled(labels, texts.inputIds.shape[1]!, IGNORE_INDEX) };
}

export interface MaskedCollateOptions extends Omit<MaskOptions, 'wordStarts'>, PadOptions {
  /** Whether a word begins with a token: words are then masked whole. */
  readonly isWordStart?: (tokenId: number) => boolean;
}

/** Masked language modelling: each call masks the rows anew (RoBERTa's dynamic masking). */
export function collateMasked(rows: Rows, options: MaskedCollateOptions): LabelledBatch {
  const { isWordStart } = options;
  const masked = rows.map((row) => {
    const wordStarts = isWordStart === undefined ? {} : { wordStarts: row.map(isWordStart) };
    return maskTokens(row, { ...options, ...wordStarts });
  });
  return collateTokenClasses(masked, options);
}

export interface Seq2SeqCollateOptions extends PadOptions {
  /** What the decoder reads first; `model.config.decoderStartTokenId`. */
  readonly decoderStartTokenId: number;
}

/** Teacher forcing: the decoder reads the target one token late. Of `corruptSpans` and `denoiseInput`
 *  too. Give targets with the end token. */
export function collateSeq2Seq(
  pairs: readonly {
    readonly [K in keyof SourceAndTarget]: readonly number[];
  }[],
  options: Seq2SeqCollateOptions,
): Seq2SeqBatch {
  const { padTokenId = 0, decoderStartTokenId } = options;
  const targets = pairs.map(({ labels }) => labels);
  const texts = collateTexts(
    pairs.map(({ inputIds }) => inputIds),
    options,
  );
  const length = paddedLength('collateSeq2Seq', targets, options);
  const shifted = targets.map((row) => [decoderStartTokenId, ...row].slice(0, length));
  return {
    ...texts,
    decoderIds: filled(shifted, length, padTokenId),
    labels: filled(targets, length, IGNORE_INDEX),
  };
}

function paddedLength(op: string, rows: Rows, { padToMultipleOf = 1 }: PadOptions): number {
  const empty = rows.findIndex((row) => row.length === 0);
  if (rows.length === 0 || empty >= 0) {
    throw new RangeError(
      `${op}: rows: expected at least one token in each of at least one row, got ${rows.length === 0 ? 'no rows' : `none in row ${empty}`}. Leave empty texts out.`,
    );
  }
  const longest = rows.reduce((most, row) => Math.max(most, row.length), 0);
  return Math.ceil(longest / padToMultipleOf) * padToMultipleOf;
}

/** [rows, length] int32 */
function filled(rows: Rows, length: number, padding: number): Tensor {
  const values = new Int32Array(rows.length * length).fill(padding);
  for (const [i, row] of rows.entries()) values.set(row, i * length);
  return tf.tensor2d(values, [rows.length, length], 'int32');
}
