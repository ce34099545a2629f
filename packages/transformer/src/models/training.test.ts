// Each family learns in training mode, with its dropout: an encoder fills masks, an encoder–decoder
// copies, a decoder with windows and caps predicts the next token.
import { adamWStep, crossEntropy, tf, useBackend, valueAndGrads } from '@llm/tensor';
import type { nn, Tensor } from '@llm/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { createEncoder } from '../checkpoint/encoder-checkpoint.ts';
import { createSeq2Seq } from '../checkpoint/seq2seq-checkpoint.ts';
import { translate } from '../generation/translate.ts';
import { createModel } from './create-model.ts';

beforeAll(() => useBackend('cpu'));

/** Losses of `steps` AdamW steps; leaves no tensor but the moments behind. */
function train(model: nn.Module, loss: () => Tensor, steps: number, learningRate = 1e-2): number[] {
  const params = model.parameters();
  const moments = () => params.map((param) => tf.variable(tf.zerosLike(param), false));
  const state = { params, mu: moments(), nu: moments() };
  const options = { learningRate, b1: 0.9, b2: 0.99, eps: 1e-8, weightDecay: 0 };
  return Array.from({ length: steps }, (_, i) => {
    const before = tf.memory().numTensors;
    const { value, grads } = valueAndGrads(loss, params);
    adamWStep({ ...state, grads }, { step: i + 1, ...options });
    const number = value.dataSync()[0]!;
    tf.dispose([value, ...grads]);
    if (i > 0) expect(tf.memory().numTensors).toBe(before);
    return number;
  });
}

const ids = (rows: number[][]): Tensor =>
  tf.tensor2d(rows.flat(), [rows.length, rows[0]!.length], 'int32');

const SOURCES = [
  [3, 5, 7, 4],
  [6, 4, 3, 8],
  [9, 10, 5, 6],
  [8, 3, 9, 7],
];

describe('training', () => {
  it.each(['bert', 'roberta', 'distilbert', 'modernbert'])('%s fills masks', (modelType) => {
    const isDistil = modelType === 'distilbert';
    const sizes = isDistil
      ? { dim: 16, hiddenDim: 32, nLayers: 2, nHeads: 2 }
      : { hiddenSize: 16, intermediateSize: 32, numHiddenLayers: 2, numAttentionHeads: 2 };
    const config = { modelType, vocabSize: 12, padTokenId: 0, localAttention: 4, ...sizes };
    const model = createEncoder(config, { task: 'maskedLm', seed: 1 });
    const inputIds = ids(SOURCES.map(([a, , c, d]) => [a!, 2, c!, d!]));
    const labels = ids(SOURCES.map(([, b]) => [-100, b!, -100, -100]));
    const attentionMask = tf.onesLike(inputIds);
    const losses = train(
      model,
      () => crossEntropy(model.forward(inputIds, { attentionMask }), labels),
      40,
    );
    expect(losses.at(-1)).toBeLessThan(0.5 * losses[0]!);
    model.dispose();
  });

  it.each([
    { modelType: 't5', dModel: 16, dKv: 8, dFf: 32, numLayers: 1, numHeads: 2 },
    {
      modelType: 'marian',
      dModel: 16,
      encoderLayers: 1,
      decoderLayers: 1,
      encoderAttentionHeads: 2,
      decoderAttentionHeads: 2,
      encoderFfnDim: 32,
      decoderFfnDim: 32,
      scaleEmbedding: true,
      initStd: 0.2,
      attentionDropout: 0.05,
    },
  ])('$modelType copies', async (config) => {
    const special = { vocabSize: 12, padTokenId: 0, eosTokenId: 1, decoderStartTokenId: 0 };
    const model = createSeq2Seq({ ...special, ...config }, { seed: 1 });
    const inputIds = ids(SOURCES);
    const labels = ids(SOURCES.map((row) => [...row, 1]));
    const decoderIds = model.shiftRight(labels);
    const attentionMask = tf.onesLike(inputIds);
    const loss = () => crossEntropy(model.forward(inputIds, decoderIds, { attentionMask }), labels);
    const losses = train(model, loss, 150);
    expect(losses.at(-1)).toBeLessThan(0.5 * losses[0]!);
    const rows = await translate(model, SOURCES, { maxNewTokens: 6 });
    expect(model.training).toBe(true); // as it was
    expect(rows).toEqual(SOURCES.map((row) => [...row, 1]));
    model.dispose();
  });

  it('a decoder with windows, caps and dropout predicts the next token', () => {
    const sizes = { hiddenSize: 16, intermediateSize: 32, numHiddenLayers: 2 };
    const heads = { numAttentionHeads: 2, numKeyValueHeads: 1, headDim: 8, slidingWindow: 2 };
    const config = { ...sizes, ...heads, vocabSize: 12, attentionDropout: 0.1 };
    const model = createModel({ modelType: 'gemma2', ...config }, { seed: 1 });
    const inputIds = ids(SOURCES);
    const labels = ids(SOURCES.map(([, b, c, d]) => [b!, c!, d!, -100]));
    const losses = train(model, () => crossEntropy(model.forward(inputIds), labels), 40);
    expect(losses.at(-1)).toBeLessThan(0.5 * losses[0]!);
    model.dispose();
  });
});
