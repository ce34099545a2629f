// An encoder learns English from text alone: a small BERT predicts masked words (Devlin et al. 2018), whole
// words at a time, on the Brown corpus and mails. Measured on texts it never saw, beside the guess that
// needs no model: always the commonest token.
import { Generator, scope } from '@llm/tensor';
import type { Tokenizer } from '@llm/tokenizer';
import { collateMasked, maskedLmLoss, saveEncoder } from '@llm/transformer';
import type { EncoderModel, LabelledBatch, MaskedCollateOptions } from '@llm/transformer';
import { tf } from '@llm/tensor';
import { batchesOf } from './shared/batches.ts';
import { encoderFolder, encoderTexts, LENGTH, newEncoder } from './shared/encoder.ts';
import { specialTokens, trainEncoderTokenizer } from './shared/encoder.ts';
import type { ExampleSettings } from './shared/settings.ts';
import { trainFor, type TrainingTime } from './shared/train-for.ts';

export interface MaskedLmResult extends TrainingTime {
  readonly parameters: number;
  readonly trainTokens: number;
  /** Of the masked tokens of held-out texts. */
  readonly accuracy: number;
  readonly loss: number;
  /** The same for the token frequencies of the training text. */
  readonly unigram: { readonly accuracy: number; readonly loss: number };
  readonly folder: string;
}

export async function maskedLm(settings: ExampleSettings): Promise<MaskedLmResult> {
  const { seed, isSmall } = settings;
  const texts = await encoderTexts(settings);
  const tokenizer = await trainEncoderTokenizer(texts.train, isSmall ? 1000 : 4096);
  const [train, heldOut] = [texts.train, texts.heldOut].map((part) => blocks(part, tokenizer));
  const generator = new Generator(seed);
  const model = newEncoder(tokenizer, { task: 'maskedLm' }, { isSmall, generator });
  const masking = { ...maskOptions(tokenizer), generator: new Generator(seed + 1) };
  const batchSize = isSmall ? 8 : 32;
  try {
    const time = await trainFor<LabelledBatch>(settings, {
      ...{
        name: 'masked-lm',
        model,
        generator,
        learningRate: isSmall ? 5e-3 : 2e-3,
        steps: isSmall ? 250 : 4000,
      },
      batches: batchesOf(train!, { batchSize, seed }, (rows) => collateMasked(rows, masking)),
      loss: (batch) => maskedLmLoss(model, batch),
      tokens: ({ inputIds }) => inputIds.size,
    });
    const folder = encoderFolder(settings);
    await saveEncoder(model, folder);
    await tokenizer.save(folder);
    return {
      ...time,
      parameters: model.numParameters(),
      trainTokens: train!.reduce((sum, row) => sum + row.length, 0),
      ...measure(model, heldOut!, { train: train!, tokenizer }),
      folder,
    };
  } finally {
    model.dispose();
  }
}

/** Pieces of texts as `[CLS] … [SEP]`. */
function blocks(texts: readonly string[], tokenizer: Tokenizer): number[][] {
  const { cls, sep } = specialTokens(tokenizer);
  const size = LENGTH - 2;
  return texts.flatMap((text) => {
    const ids = tokenizer.encode(text, { addSpecialTokens: false });
    const starts = Array.from({ length: Math.ceil(ids.length / size) }, (_, i) => i * size);
    return starts.map((start) => [cls, ...ids.slice(start, start + size), sep]);
  });
}

function maskOptions(tokenizer: Tokenizer): Omit<MaskedCollateOptions, 'generator'> {
  const { pad, mask, all } = specialTokens(tokenizer);
  const isWordStart = Array.from(
    { length: tokenizer.vocabSize },
    (_, id) => !tokenizer.idToToken(id)!.startsWith('##'),
  );
  return {
    ...{ maskTokenId: mask, padTokenId: pad, specialTokens: all },
    vocabSize: tokenizer.vocabSize,
    isWordStart: (id) => isWordStart[id]!,
  };
}

function measure(
  model: EncoderModel,
  heldOut: readonly number[][],
  { train, tokenizer }: { train: readonly number[][]; tokenizer: Tokenizer },
): Pick<MaskedLmResult, 'accuracy' | 'loss' | 'unigram'> {
  const masking = { ...maskOptions(tokenizer), generator: new Generator(7) };
  const unigram = unigramOf(train, tokenizer);
  const sums = { right: 0, loss: 0, count: 0, unigramRight: 0, unigramLoss: 0 };
  for (let start = 0; start < heldOut.length; start += 32) {
    const rows = heldOut.slice(start, start + 32);
    scope(() => {
      const batch = collateMasked(rows, masking);
      const labels = batch.labels.dataSync();
      const asked = Array.from(labels).filter((label) => label >= 0);
      const { attentionMask } = batch;
      const guesses = tf.argMax(model.forward(batch.inputIds, { attentionMask }), -1).dataSync();
      labels.forEach((label, i) => (sums.right += label >= 0 && guesses[i] === label ? 1 : 0));
      sums.loss += maskedLmLoss(model, batch).dataSync()[0]! * asked.length;
      sums.count += asked.length;
      for (const label of asked) {
        sums.unigramLoss += unigram.loss(label);
        sums.unigramRight += label === unigram.commonest ? 1 : 0;
      }
    });
  }
  const { right, loss, count, unigramRight, unigramLoss } = sums;
  return {
    accuracy: right / count,
    loss: loss / count,
    unigram: { accuracy: unigramRight / count, loss: unigramLoss / count },
  };
}

/** Frequencies of the tokens, each seen once more than it was. */
function unigramOf(train: readonly number[][], tokenizer: Tokenizer) {
  const special = new Set(specialTokens(tokenizer).all);
  const counts = new Float64Array(tokenizer.vocabSize).fill(1);
  for (const row of train) for (const id of row) if (!special.has(id)) counts[id]! += 1;
  const total = counts.reduce((sum, count) => sum + count, 0);
  return {
    commonest: counts.indexOf(Math.max(...counts)),
    loss: (id: number) => -Math.log(counts[id]! / total),
  };
}
