import { crossEntropy, tf, useBackend, valueAndGrads } from '@llm/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { createModel } from './create-model.ts';
import { positionsFromMask } from './forward-pass.ts';

const GPT2 = {
  modelType: 'gpt2',
  vocabSize: 17,
  nPositions: 12,
  nEmbd: 12,
  nLayer: 2,
  nHead: 3,
} as const;
const LLAMA = {
  modelType: 'llama',
  vocabSize: 19,
  hiddenSize: 16,
  intermediateSize: 20,
  numHiddenLayers: 2,
  numAttentionHeads: 4,
  numKeyValueHeads: 2,
} as const;

const ids = (rows: number[][]) => tf.tensor2d(rows, [rows.length, rows[0]!.length], 'int32');

beforeAll(() => useBackend('cpu'));

describe('dropout', () => {
  it.each([
    { ...GPT2, residPdrop: 0.5, embdPdrop: 0, attnPdrop: 0 },
    { ...GPT2, residPdrop: 0, embdPdrop: 0.5, attnPdrop: 0 },
    { ...GPT2, residPdrop: 0, embdPdrop: 0, attnPdrop: 0.5 },
    { ...LLAMA, attentionDropout: 0.5 },
  ])('changes training and leaves evaluation alone: %j', (config) => {
    const model = createModel({ ...config, initializerRange: 0.3 }, { seed: 1 });
    const logits = () => model.forward(ids([[3, 4, 5]])).dataSync();
    expect(logits()).not.toEqual(logits());
    model.eval();
    const plain = logits();
    expect(logits()).toEqual(plain);
    model.dispose();
  });

  it('of attention weights at a rate near 0 gives what the fused attention gives', () => {
    const model = createModel(
      { ...LLAMA, initializerRange: 0.3, attentionDropout: 1e-12 },
      { seed: 1 },
    );
    const inputIds = ids([
      [0, 3, 4],
      [6, 7, 8],
    ]);
    const attentionMask = ids([
      [0, 1, 1],
      [1, 1, 1],
    ]);
    const withDropout = model.forward(inputIds, { attentionMask }).dataSync();
    model.eval();
    const fused = model.forward(inputIds, { attentionMask }).dataSync();
    const kept = [...fused.keys()].filter((i) => i >= 19); // all but the padded position
    for (const i of kept) expect(withDropout[i]).toBeCloseTo(fused[i]!, 5);
    model.dispose();
  });
});

describe('training', () => {
  it.each([{ ...GPT2, residPdrop: 0, embdPdrop: 0, attnPdrop: 0 }, LLAMA])(
    'reaches every parameter and leaves no tensor: $modelType',
    (config) => {
      const model = createModel({ ...config, initializerRange: 0.3 }, { seed: 1 });
      const inputIds = ids([
        [3, 4, 5],
        [6, 7, 8],
      ]);
      const labels = ids([
        [4, 5, -100],
        [7, 8, -100],
      ]);
      const step = () =>
        valueAndGrads(() => crossEntropy(model.forward(inputIds), labels), model.parameters());
      tf.dispose([step().value].concat(step().grads));
      const before = tf.memory().numTensors;
      const { value, grads } = step();
      const paths = Array.from(model.namedParameters(), ([path]) => path);
      for (const [i, grad] of grads.entries()) {
        expect(
          grad.dataSync().some((x) => x !== 0),
          paths[i],
        ).toBe(true);
      }
      tf.dispose([value, ...grads]);
      expect(tf.memory().numTensors).toBe(before);
    },
  );
});

describe('the cache', () => {
  it.each([GPT2, LLAMA])(
    'gives the same logits in pieces, and after a cut: $modelType',
    (config) => {
      const model = createModel({ ...config, initializerRange: 0.3 }, { seed: 1 });
      model.eval();
      const whole = model.forward(
        ids([
          [3, 4, 5, 6],
          [7, 8, 9, 10],
        ]),
      ); // [2, 4, V]
      const kvCache = model.createCache(2, 6);
      model.forward(
        ids([
          [3, 4],
          [7, 8],
        ]),
        { kvCache },
      );
      model.forward(ids([[1], [1]]), { kvCache });
      kvCache.truncate(2);
      const tail = model.forward(
        ids([
          [5, 6],
          [9, 10],
        ]),
        { kvCache },
      );
      const expected = tf.slice(whole, [0, 2, 0], [2, 2, -1]).dataSync();
      for (const [i, logit] of tail.dataSync().entries())
        expect(logit).toBeCloseTo(expected[i]!, 5);
      expect(kvCache.length).toBe(4);
      kvCache.dispose();
      kvCache.dispose(); // twice is fine
      expect(() => model.forward(ids([[1], [1]]), { kvCache })).toThrow('got a disposed cache');
    },
  );
});

describe('forward refuses', () => {
  const model = () => createModel(GPT2, { seed: 1 });

  it.each([
    ['attentionMask', [[1, 1, 1]], 'attentionMask: expected [1, 2], got [1, 3]'],
    ['positionIds', [[0]], 'positionIds: expected [1, 2], got [1, 1]'],
    ['positionIds', [[11, 12]], 'expected at most 12 positions, got 13'],
  ] as const)('a bad %s: %j', (name, rows, message) => {
    const option = { [name]: ids(rows.map((row) => [...row])) };
    expect(() => model().forward(ids([[1, 2]]), option)).toThrow(message);
  });

  it('ids that are not int32 [B, T]', () => {
    expect(() => model().forward(tf.tensor1d([1, 2], 'int32'))).toThrow(
      'inputIds: expected int32 [B, T], got int32 [2]',
    );
  });

  it('a cache of another batch or too short', () => {
    const gpt2 = model();
    const kvCache = gpt2.createCache(1, 2);
    expect(() => gpt2.forward(ids([[1], [2]]), { kvCache })).toThrow('for 2 rows, got one for 1');
    expect(() => gpt2.forward(ids([[1, 2, 3]]), { kvCache })).toThrow('room for 3 tokens, got 2');
    expect(() => kvCache.truncate(1)).toThrow('expected an integer in [0, 0], got 1');
  });
});

describe('positionsFromMask', () => {
  it('counts the attended tokens before each, from any column on', () => {
    const mask = [0, 0, 1, 1, 1, /* */ 1, 1, 1, 1, 0];
    expect([...positionsFromMask(mask, 5, { past: 0, length: 5 })]).toEqual([
      0, 0, 0, 1, 2, /* */ 0, 1, 2, 3, 3,
    ]);
    expect([...positionsFromMask(mask, 5, { past: 3, length: 1 })]).toEqual([1, 3]);
  });
});
