// Gradient checkpointing in every family: the same bits, with dropout, masks and padding.
import { crossEntropy, nn, tf, useBackend, valueAndGrads, type Tensor } from '@llm/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { createEncoder } from '../checkpoint/encoder-checkpoint.ts';
import { createSeq2Seq } from '../checkpoint/seq2seq-checkpoint.ts';
import { CAUSAL_MODEL_TYPES } from '../config/config.ts';
import { createModel } from './create-model.ts';
import { setGradientCheckpointing } from './run-layer.ts';

beforeAll(() => useBackend('native'));

const ids = (rows: number[][]): Tensor =>
  tf.tensor2d(rows.flat(), [rows.length, rows[0]!.length], 'int32');

const SOURCES = [
  [3, 5, 7, 4],
  [6, 4, 3, 8],
  [0, 10, 5, 6],
];
const MASK = [
  [1, 1, 1, 1],
  [1, 1, 1, 1],
  [0, 1, 1, 1],
];

/** Loss and gradients. @param make a new model of one seed, whose dropout draws the same each time */
function outcome<M extends nn.Module>(
  make: () => M,
  loss: (model: M) => Tensor,
  isCheckpointed: boolean,
): number[][] {
  const model = make();
  model.train();
  if (isCheckpointed) setGradientCheckpointing(model);
  const { value, grads } = valueAndGrads(() => loss(model), model.parameters());
  const numbers = [value, ...grads].map((tensor) => Array.from(tensor.dataSync()));
  tf.dispose([value, ...grads]);
  model.dispose();
  return numbers;
}

function expectSameBits<M extends nn.Module>(make: () => M, loss: (model: M) => Tensor): void {
  const plain = outcome(make, loss, false);
  expect(plain.slice(1).some((gradient) => gradient.some((value) => value !== 0))).toBe(true);
  expect(outcome(make, loss, true)).toEqual(plain);
}

const DROPOUT = {
  ...{ residPdrop: 0.1, embdPdrop: 0.1, attnPdrop: 0.1, attentionDropout: 0.1, dropout: 0.1 },
  ...{ hiddenDropout: 0.1, dropoutRate: 0.1, hiddenDropoutProb: 0.1, activationDropout: 0.1 },
};
const SIZES = {
  ...{ vocabSize: 12, hiddenSize: 16, intermediateSize: 32, numHiddenLayers: 2 },
  ...{ numAttentionHeads: 2, numKeyValueHeads: 1, headDim: 8, padTokenId: 0 },
};

describe('gradient checkpointing', () => {
  it.each([...CAUSAL_MODEL_TYPES])('%s: the same loss and gradients', (modelType) => {
    const gpt2 = { vocabSize: 12, nEmbd: 16, nLayer: 2, nHead: 2, nPositions: 8 };
    const neox = { ...SIZES, numKeyValueHeads: undefined, headDim: undefined };
    const experts = { numExperts: 3, numLocalExperts: 3, numExpertsPerTok: 2 };
    const sizes =
      modelType === 'gpt2' ? gpt2 : modelType === 'gpt_neox' ? neox : { ...SIZES, ...experts };
    const [inputIds, labels, attentionMask] = [ids(SOURCES), ids(SOURCES), ids(MASK)];
    expectSameBits(
      () => createModel({ modelType, ...sizes, ...DROPOUT } as never, { seed: 1 }),
      (model) => crossEntropy(model.forward(inputIds, { attentionMask }), labels),
    );
  });

  it.each(['bert', 'roberta', 'distilbert', 'modernbert'])(
    '%s: the same loss and gradients',
    (modelType) => {
      const isDistil = modelType === 'distilbert';
      const distil = { dim: 16, hiddenDim: 32, nLayers: 2, nHeads: 2 };
      const sizes = isDistil ? distil : { ...SIZES, localAttention: 4 };
      const [inputIds, attentionMask] = [ids(SOURCES), ids(MASK)];
      const config = { modelType, vocabSize: 12, padTokenId: 0, ...sizes, ...DROPOUT };
      expectSameBits(
        () => createEncoder(config, { task: 'maskedLm', seed: 1 }),
        (model) => crossEntropy(model.forward(inputIds, { attentionMask }), inputIds),
      );
    },
  );

  it.each([
    { modelType: 't5', dModel: 16, dKv: 8, dFf: 32, numLayers: 2, numHeads: 2 },
    {
      ...{ modelType: 'bart', dModel: 16, encoderLayers: 2, decoderLayers: 2 },
      ...{ encoderAttentionHeads: 2, decoderAttentionHeads: 2 },
      ...{ encoderFfnDim: 32, decoderFfnDim: 32 },
    },
  ])('$modelType: the same loss and gradients', (config) => {
    const special = { vocabSize: 12, padTokenId: 0, eosTokenId: 1, decoderStartTokenId: 0 };
    const [inputIds, attentionMask] = [ids(SOURCES), ids(MASK)];
    expectSameBits(
      () => createSeq2Seq({ ...special, ...config, ...DROPOUT }, { seed: 1 }),
      (model) => crossEntropy(model.forward(inputIds, inputIds, { attentionMask }), inputIds),
    );
  });

  it('refuses a model without layers', () => {
    const model = new nn.LayerNorm(3);
    expect(() => setGradientCheckpointing(model)).toThrow('setGradientCheckpointing: model');
    model.dispose();
  });
});
