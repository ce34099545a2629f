// The encoder of `masked-lm` learns to tell spam from other mail. Measured on held-out mails beside the
// commoner class, and beside logistic regression on the words that occur (bag of words).
import { Generator } from '@llm/tensor';
import type { Tokenizer } from '@llm/tokenizer';
import { balancedClassWeights, classificationLoss, classificationReport } from '@llm/transformer';
import { classify, collateClasses, type LabelledBatch } from '@llm/transformer';
import { bagOfWords } from './baselines/bag-of-words.ts';
import type { Mail } from './data/mails.ts';
import { bucketedBatches } from './shared/batches.ts';
import { LENGTH, loadPretrained, newEncoder, specialTokens, splitMails } from './shared/encoder.ts';
import type { ExampleSettings } from './shared/settings.ts';
import { trainFor, type TrainingTime } from './shared/train-for.ts';

export interface SpamScores {
  readonly accuracy: number;
  /** Of the class spam. */
  readonly f1: number;
}

export interface SpamResult extends TrainingTime, SpamScores {
  readonly mails: { readonly train: number; readonly heldOut: number; readonly spam: number };
  readonly majority: SpamScores;
  readonly bagOfWords: SpamScores;
  /** The same encoder with random weights, trained alike: what pretraining is worth. */
  readonly fromScratch: SpamScores;
}

interface Example {
  readonly inputIds: readonly number[];
  readonly label: number;
}

export async function spam(settings: ExampleSettings): Promise<SpamResult> {
  const { isSmall, seed } = settings;
  const mails = await splitMails(isSmall);
  const choices = { task: 'sequenceClassification', numLabels: 2 } as const;
  const generator = new Generator(seed);
  const { model, tokenizer } = await loadPretrained(settings, choices, generator);
  const scratch = new Generator(seed);
  const other = newEncoder(tokenizer, choices, { isSmall, generator: scratch });
  const [train, heldOut] = [mails.train, mails.heldOut].map((part) => examplesOf(part, tokenizer));
  const truth = heldOut!.map(({ label }) => label);
  const fineTune = async (name: string, encoder: typeof model, random: Generator) => {
    const time = await trainFor<LabelledBatch>(settings, training(name, encoder, random));
    const probabilities = await classify(
      encoder,
      heldOut!.map(({ inputIds }) => inputIds),
    );
    return {
      time,
      scores: scoresOf(
        probabilities.map(([, p]) => (p! > 0.5 ? 1 : 0)),
        truth,
      ),
    };
  };
  const training = (name: string, encoder: typeof model, random: Generator) => ({
    ...{
      name,
      model: encoder,
      generator: random,
      learningRate: isSmall ? 2e-3 : 1e-3,
      steps: isSmall ? 150 : 300,
    },
    batches: bucketedBatches(
      train!,
      { batchSize: 32, seed, length: ({ inputIds }) => inputIds.length },
      (rows) => collateClasses(rows, { padTokenId: encoder.config.padTokenId }),
    ),
    loss: (batch: LabelledBatch) => classificationLoss(encoder, batch, { classWeights }),
    tokens: ({ inputIds }: LabelledBatch) => inputIds.size,
  });
  const classWeights = balancedClassWeights(
    train!.map(({ label }) => label),
    2,
  );
  try {
    const tuned = await fineTune('spam', model, generator);
    const untrained = await fineTune('spam from scratch', other, scratch);
    return {
      ...tuned.time,
      ...tuned.scores,
      mails: {
        train: train!.length,
        heldOut: truth.length,
        spam: truth.filter((label) => label === 1).length,
      },
      majority: scoresOf(
        truth.map(() => 0),
        truth,
      ),
      bagOfWords: scoresOf(await bagOfWords(train!, heldOut!, settings), truth),
      fromScratch: untrained.scores,
    };
  } finally {
    model.dispose();
    other.dispose();
  }
}

function examplesOf(mails: readonly Mail[], tokenizer: Tokenizer): Example[] {
  const { cls, sep } = specialTokens(tokenizer);
  return mails.map(({ text, isSpam }) => {
    const ids = tokenizer.encode(text, { addSpecialTokens: false });
    return { inputIds: [cls, ...ids.slice(0, LENGTH - 2), sep], label: isSpam ? 1 : 0 };
  });
}

function scoresOf(predicted: readonly number[], truth: readonly number[]): SpamScores {
  const { accuracy, classes } = classificationReport(predicted, truth, 2);
  return { accuracy, f1: classes[1]!.f1 };
}
