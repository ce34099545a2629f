import { Generator, tf, useBackend, type Tensor } from '@llm/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { createEncoder } from '../checkpoint/encoder-checkpoint.ts';
import { createSeq2Seq } from '../checkpoint/seq2seq-checkpoint.ts';
import { classify, classifyTokens } from '../heads/classify.ts';
import { collateClasses, collateMasked, collateSeq2Seq } from './collate.ts';
import { collateTexts, collateTokenClasses } from './collate.ts';
import { corruptSpans } from './corrupt-spans.ts';
import { balancedClassWeights, classificationLoss, maskedLmLoss, seq2SeqLoss } from './losses.ts';

beforeAll(() => useBackend('cpu'));

const values = (batch: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(batch).map(([name, tensor]) => [name, (tensor as Tensor).arraySync()]),
  );

const MASK = 4;
const masking = (seed: number) => ({
  ...{ maskTokenId: MASK, vocabSize: 20, specialTokens: [0, 1, 2, 3, MASK], padTokenId: 0 },
  generator: new Generator(seed),
});
const encoder = (choices: Parameters<typeof createEncoder>[1]) =>
  createEncoder(
    {
      ...{ modelType: 'bert', vocabSize: 20, hiddenSize: 8, numHiddenLayers: 1 },
      ...{ numAttentionHeads: 2, intermediateSize: 12, initializerRange: 0.3 },
      ...{ maxPositionEmbeddings: 16, hiddenDropoutProb: 0, attentionProbsDropoutProb: 0 },
    },
    { seed: 3, ...choices },
  );

describe('collate', () => {
  it('pads texts on the right and masks what it added', () => {
    expect(values(collateTexts([[5, 6, 7], [8]], { padTokenId: 9 }))).toEqual({
      inputIds: [
        [5, 6, 7],
        [8, 9, 9],
      ],
      attentionMask: [
        [1, 1, 1],
        [1, 0, 0],
      ],
    });
    expect(collateTexts([[5, 6, 7]], { padToMultipleOf: 4 }).inputIds.shape).toEqual([1, 4]);
    expect(() => collateTexts([[5], []])).toThrow('got none in row 1');
    expect(() => collateTexts([])).toThrow('got no rows');
  });

  it('gives a class to each text, or to each token', () => {
    const rows = [
      { inputIds: [5, 6], label: 2, labels: [-100, 1] },
      { inputIds: [7], label: 0, labels: [3] },
    ];
    expect(values(collateClasses(rows))['labels']).toEqual([2, 0]);
    expect(values(collateTokenClasses(rows))['labels']).toEqual([
      [-100, 1],
      [3, -100],
    ]);
    expect(() => collateTokenClasses([{ inputIds: [5, 6], labels: [1] }])).toThrow(
      'row 0: expected a label for each of 2 tokens, got 1',
    );
  });

  it('masks anew each time, whole words where it knows them', () => {
    const rows = Array.from({ length: 40 }, () => [1, 6, 7, 8, 9, 2]);
    const options = { ...masking(2), isWordStart: (id: number) => id % 2 === 0 };
    const first = values(collateMasked(rows, options))['labels'] as number[][];
    const second = values(collateMasked(rows, options))['labels'];
    expect(second).not.toEqual(first);
    expect(first.flat().some((label) => label > 0)).toBe(true);
    for (const row of first) {
      expect(row[1]! > 0).toBe(row[2]! > 0); // 6 7 is a word, 8 9 another
      expect(row[3]! > 0).toBe(row[4]! > 0);
    }
  });

  it('gives the decoder the target one token late, also of corrupted spans', () => {
    const pairs = [
      { inputIds: [5, 6, 1], labels: [7, 8, 1] },
      { inputIds: [9, 1], labels: [3, 1] },
    ];
    const options = { decoderStartTokenId: 2, padTokenId: 0 };
    expect(values(collateSeq2Seq(pairs, options))).toEqual({
      inputIds: [
        [5, 6, 1],
        [9, 1, 0],
      ],
      attentionMask: [
        [1, 1, 1],
        [1, 1, 0],
      ],
      decoderIds: [
        [2, 7, 8],
        [2, 3, 1],
      ],
      labels: [
        [7, 8, 1],
        [3, 1, -100],
      ],
    });
    const spans = corruptSpans([10, 11, 12, 13, 14], {
      ...{ sentinel: (k) => 19 - k, eosTokenId: 1, generator: new Generator(1) },
    });
    const { labels, decoderIds } = values(collateSeq2Seq([spans], options)) as Record<
      string,
      number[][]
    >;
    expect(decoderIds![0]!.slice(1)).toEqual(labels![0]!.slice(0, -1));
  });

  it('makes what shiftRight of the model makes', () => {
    const model = createSeq2Seq(
      {
        ...{ modelType: 'marian', vocabSize: 12, dModel: 8, encoderLayers: 1, decoderLayers: 1 },
        ...{ encoderAttentionHeads: 2, decoderAttentionHeads: 2, encoderFfnDim: 8 },
        ...{ decoderFfnDim: 8, padTokenId: 0, eosTokenId: 1, decoderStartTokenId: 0 },
      },
      { seed: 1 },
    );
    const batch = collateSeq2Seq(
      [
        { inputIds: [5, 1], labels: [6, 7, 1] },
        { inputIds: [8, 9, 1], labels: [4, 1] },
      ],
      { decoderStartTokenId: 0, padTokenId: 0 },
    );
    expect(model.shiftRight(batch.labels).arraySync()).toEqual(batch.decoderIds.arraySync());
    expect(seq2SeqLoss(model, batch).dataSync()[0]).toBeGreaterThan(0);
    model.dispose();
  });
});

describe('losses', () => {
  it('asks for the masked tokens alone: the mean of −log p at their places', () => {
    const model = encoder({ task: 'maskedLm' });
    const batch = {
      inputIds: tf.tensor2d(
        [
          [1, MASK, 7, 2],
          [1, 8, 2, 0],
        ],
        [2, 4],
        'int32',
      ),
      attentionMask: tf.tensor2d(
        [
          [1, 1, 1, 1],
          [1, 1, 1, 0],
        ],
        [2, 4],
        'int32',
      ),
      labels: tf.tensor2d(
        [
          [-100, 6, -100, -100],
          [-100, 8, -100, -100],
        ],
        [2, 4],
        'int32',
      ),
    };
    const { attentionMask } = batch;
    const logits = model.forward(batch.inputIds, { attentionMask });
    const logprobs = tf.logSoftmax(logits).arraySync() as number[][][];
    const expected = -(logprobs[0]![1]![6]! + logprobs[1]![1]![8]!) / 2;
    expect(maskedLmLoss(model, batch).dataSync()[0]).toBeCloseTo(expected, 5);
    const none = { ...batch, labels: tf.fill([2, 4], -100, 'int32') };
    expect(() => maskedLmLoss(model, none)).toThrow('expected at least one masked token, got none');
    model.dispose();
  });

  it('weighs classes: Σ w·loss / Σ w, as PyTorch', () => {
    const model = encoder({ task: 'sequenceClassification', numLabels: 2 });
    const rows = [
      { inputIds: [1, 5, 2], label: 0 },
      { inputIds: [1, 6, 2], label: 0 },
      { inputIds: [1, 7, 2], label: 1 },
    ];
    const batch = collateClasses(rows);
    const p = tf
      .logSoftmax(model.forward(batch.inputIds, { attentionMask: batch.attentionMask }))
      .arraySync() as number[][];
    const weights = balancedClassWeights([0, 0, 1], 2);
    expect(weights).toEqual([3 / 4, 3 / 2]); // N / (classes · count)
    const expected = -(0.75 * p[0]![0]! + 0.75 * p[1]![0]! + 1.5 * p[2]![1]!) / 3;
    const loss = classificationLoss(model, batch, { classWeights: weights });
    expect(loss.dataSync()[0]).toBeCloseTo(expected, 5);
    expect(() => classificationLoss(model, batch, { classWeights: [1] })).toThrow(
      'expected one for each of 2 classes, got 1',
    );
    model.dispose();
  });
});

describe('classify', () => {
  it('gives each text what it gets alone, in the order of the texts', async () => {
    const model = encoder({ task: 'sequenceClassification', numLabels: 3 });
    const texts = [
      [1, 2],
      [1, 5, 6, 7, 2],
      [1, 9, 2],
    ];
    const together = await classify(model, texts, { batchSize: 2 });
    for (const [i, text] of texts.entries()) {
      const [alone] = await classify(model, [text]);
      expect(together[i]!.length).toBe(3);
      alone!.forEach((p, label) => expect(together[i]![label]).toBeCloseTo(p, 5));
      expect(together[i]!.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 5);
    }
    model.dispose();
  });

  it('gives as many classes as tokens', async () => {
    const model = encoder({ task: 'tokenClassification', numLabels: 5 });
    const texts = [
      [1, 2],
      [1, 5, 6, 7, 2],
      [1, 9, 2],
    ];
    const together = await classifyTokens(model, texts, { batchSize: 3 });
    expect(together.map((row) => row.length)).toEqual([2, 5, 3]);
    for (const [i, text] of texts.entries())
      expect(together[i]).toEqual((await classifyTokens(model, [text]))[0]);
    model.dispose();
  });
});
