// What a classifier says of texts: probabilities of the classes, for a text or for each of its tokens.
import { scope, tf, type Tensor } from '@llm/tensor';
import { inEvaluation } from '../generation/in-evaluation.ts';
import type { EncoderModel } from '../models/encoder/model.ts';
import { collateTexts } from '../objectives/collate.ts';

export interface ClassifyOptions {
  /** Texts computed at once, those of like length together. @default 32 */
  readonly batchSize?: number;
}

/** Probabilities of the classes of each text, given as token ids with their special tokens.
 *  @param model of task 'sequenceClassification' @returns [labels] for each text, in their order */
export async function classify(
  model: EncoderModel,
  texts: readonly (readonly number[])[],
  options: ClassifyOptions = {},
): Promise<Float32Array[]> {
  const found = new Array<Float32Array>(texts.length);
  await inBatches(model, texts, options, (values, rows) => {
    const classes = values.length / rows.length;
    rows.forEach((row, i) => (found[row] = values.slice(i * classes, (i + 1) * classes)));
  });
  return found;
}

/** The likeliest class of each token.
 *  @param model of task 'tokenClassification' @returns as many classes as tokens for each text */
export async function classifyTokens(
  model: EncoderModel,
  texts: readonly (readonly number[])[],
  options: ClassifyOptions = {},
): Promise<number[][]> {
  const { numLabels } = model.config;
  const found = new Array<number[]>(texts.length);
  await inBatches(model, texts, options, (values, rows) => {
    const T = values.length / rows.length / numLabels;
    rows.forEach((row, i) => {
      found[row] = texts[row]!.map((_, t) => {
        const at = (i * T + t) * numLabels;
        return largest(values.subarray(at, at + numLabels));
      });
    });
  });
  return found;
}

export function largest(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

async function inBatches(
  model: EncoderModel,
  texts: readonly (readonly number[])[],
  { batchSize = 32 }: ClassifyOptions,
  use: (probabilities: Float32Array, rows: readonly number[]) => void,
): Promise<void> {
  const order = Array.from(texts.keys()).sort((a, b) => texts[b]!.length - texts[a]!.length);
  for (let start = 0; start < order.length; start += batchSize) {
    const rows = order.slice(start, start + batchSize);
    const probabilities = inEvaluation(model, () =>
      scope((): Tensor => {
        const { inputIds, attentionMask } = collateTexts(
          rows.map((row) => texts[row]!),
          { padTokenId: model.config.padTokenId },
        );
        return tf.softmax(model.forward(inputIds, { attentionMask }));
      }),
    );
    const values = (await probabilities.data()) as Float32Array;
    probabilities.dispose();
    use(values, rows);
  }
}
