// The encoder of `masked-lm` learns to find names (token classification). Where names begin and end was
// tagged by hand; their kinds come from rules and lists (data/entities.ts). Measured by whole entities on
// held-out texts, beside looking names up that were seen in training (the CoNLL baseline).
import { Generator } from '@llm/tensor';
import type { Tokenizer } from '@llm/tokenizer';
import { classificationLoss, classifyTokens, collateTokenClasses } from '@llm/transformer';
import { entityF1, type EntityReport, type LabelledBatch } from '@llm/transformer';
import { lookUpNames } from './baselines/look-up-names.ts';
import { loadBrown, splitTexts } from './data/brown.ts';
import { entitySentences, TAGS, type TaggedSentence } from './data/entities.ts';
import { loadGazetteer } from './data/gazetteer.ts';
import { bucketedBatches } from './shared/batches.ts';
import { LENGTH, loadPretrained, newEncoder, specialTokens } from './shared/encoder.ts';
import type { ExampleSettings } from './shared/settings.ts';
import { trainFor, type TrainingTime } from './shared/train-for.ts';

export interface EntityScores {
  /** Borders and kind right. */
  readonly f1: number;
  /** Borders alone, which people tagged. */
  readonly f1Borders: number;
}

export interface EntitiesResult extends TrainingTime, EntityScores {
  readonly sentences: { readonly train: number; readonly heldOut: number };
  readonly entities: number;
  readonly types: EntityReport['types'];
  readonly lookUp: EntityScores;
  /** The same encoder with random weights, trained alike. */
  readonly fromScratch: EntityScores;
}

interface Example {
  readonly inputIds: number[];
  readonly labels: number[];
}

export async function entities(settings: ExampleSettings): Promise<EntitiesResult> {
  const { isSmall, seed } = settings;
  const texts = splitTexts(await loadBrown(isSmall ? 12 : 1));
  const gazetteer = await loadGazetteer();
  const [train, heldOut] = [texts.train, texts.heldOut].map((part) =>
    entitySentences(part, gazetteer),
  ) as [TaggedSentence[], TaggedSentence[]];
  const truth = heldOut.map(({ tags }) => tags);
  const choices = { task: 'tokenClassification', numLabels: TAGS.length } as const;
  const [generator, scratch] = [new Generator(seed), new Generator(seed)];
  const { model, tokenizer } = await loadPretrained(settings, choices, generator);
  const other = newEncoder(tokenizer, choices, { isSmall, generator: scratch });
  const examples = train.map((sentence) => exampleOf(sentence, tokenizer));
  const fineTune = async (name: string, encoder: typeof model, random: Generator) => {
    const time = await trainFor<LabelledBatch>(settings, {
      ...{ name, model: encoder, generator: random, learningRate: isSmall ? 4e-3 : 1e-3 },
      steps: isSmall ? 250 : 1600,
      batches: bucketedBatches(
        examples,
        { batchSize: isSmall ? 16 : 64, seed, length: ({ inputIds }) => inputIds.length },
        (rows) => collateTokenClasses(rows, { padTokenId: encoder.config.padTokenId }),
      ),
      loss: (batch) => classificationLoss(encoder, batch),
      tokens: ({ inputIds }) => inputIds.size,
    });
    return { time, tags: await predict(encoder, tokenizer, heldOut) };
  };
  try {
    const tuned = await fineTune('entities', model, generator);
    const untrained = await fineTune('entities from scratch', other, scratch);
    const report = entityF1(tuned.tags, truth);
    return {
      ...tuned.time,
      ...scoresOf(tuned.tags, truth),
      sentences: { train: train.length, heldOut: heldOut.length },
      entities: report.support,
      types: report.types,
      lookUp: scoresOf(lookUpNames(train, heldOut), truth),
      fromScratch: scoresOf(untrained.tags, truth),
    };
  } finally {
    model.dispose();
    other.dispose();
  }
}

/** The first piece of a word carries the word's tag, the others none. */
function exampleOf({ words, tags }: TaggedSentence, tokenizer: Tokenizer): Example {
  const { cls, sep } = specialTokens(tokenizer);
  const inputIds = [cls];
  const labels = [-100];
  for (const [i, word] of words.entries()) {
    const pieces = tokenizer.encode(word, { addSpecialTokens: false });
    if (inputIds.length + pieces.length >= LENGTH) break; // the end of a very long sentence
    inputIds.push(...pieces);
    labels.push(...pieces.map((_, piece) => (piece === 0 ? TAGS.indexOf(tags[i]!) : -100)));
  }
  return { inputIds: [...inputIds, sep], labels: [...labels, -100] };
}

async function predict(
  model: Parameters<typeof classifyTokens>[0],
  tokenizer: Tokenizer,
  sentences: readonly TaggedSentence[],
): Promise<string[][]> {
  const examples = sentences.map((sentence) => exampleOf(sentence, tokenizer));
  const classes = await classifyTokens(
    model,
    examples.map(({ inputIds }) => inputIds),
  );
  return sentences.map(({ words }, i) => {
    const { labels } = examples[i]!;
    const tags = classes[i]!.filter((_, t) => labels[t] !== -100).map((id) => TAGS[id]!);
    return words.map((_, word) => tags[word] ?? 'O');
  });
}

function scoresOf(
  predicted: readonly (readonly string[])[],
  truth: readonly (readonly string[])[],
): EntityScores {
  const borders = (tags: readonly (readonly string[])[]) =>
    tags.map((row) => row.map((tag) => (tag === 'O' ? 'O' : `${tag[0]}-NAME`)));
  return {
    f1: entityF1(predicted, truth).f1,
    f1Borders: entityF1(borders(predicted), borders(truth)).f1,
  };
}
