import { tf, useBackend } from '@llm/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { collate } from '../data/collate.ts';
import { completionSums } from '../logprobs/completion-logprobs.ts';
import { expectNoLeak, take } from '../checks.test-support.ts';
import { tinyModel, VOCABULARY } from '../tiny-model.test-support.ts';
import { bitsPerByte, evaluateHeldOut } from './bits-per-byte.ts';

beforeAll(() => useBackend('cpu'));

describe('bitsPerByte', () => {
  it('turns nats into bits a byte', () => {
    // 8 tokens of ln 16 nats are 8 · 4 bits; over 16 bytes: 2
    expect(bitsPerByte(8 * Math.log(16), 16)).toBeCloseTo(2, 12);
    expect(() => bitsPerByte(1, 0)).toThrow('bitsPerByte: bytes: expected a number > 0, got 0.');
  });
});

describe('evaluateHeldOut', () => {
  const tokens = [2, 5, 3, 3, 9, 4, 7, 2, 8, 6, 1];

  it('predicts every token but the first once, from its block', () => {
    const model = tinyModel(3);
    // blocks of 4 over 10 predictions: tokens 0–4, 4–8 and 8–10, each row's first token given
    const rows = [tokens.slice(0, 5), tokens.slice(4, 9), tokens.slice(8)];
    model.eval();
    const expected = rows
      .map((inputIds) =>
        completionSums(model, collate([{ inputIds, completionMask: inputIds.map(() => 1) }])),
      )
      .reduce((sum, logprob) => sum - take(logprob)[0]!, 0);
    model.train();
    const result = evaluateHeldOut(model, tokens, { blockLength: 4, batchSize: 3, bytes: 20 });
    expect(result.nats).toBeCloseTo(expected, 4);
    expect(result.tokens).toBe(10);
    expect(result.nll).toBeCloseTo(expected / 10, 5);
    expect(result.perplexity).toBeCloseTo(Math.exp(expected / 10), 4);
    expect(result.bitsPerByte).toBeCloseTo(expected / Math.LN2 / 20, 5);
    expect(model.training).toBe(true);
    model.dispose();
  });

  it('reads overlapping windows, in batches or one by one', () => {
    const model = tinyModel(3);
    // windows of 5 every 2 over 10 predictions: 1–5, then 6 7 from tokens 2–6, 8 9 from 4–8, 10 from 6–9
    model.eval();
    const row = (ids: number[], asked: number) => ({
      inputIds: ids,
      completionMask: ids.map((_, i) => (i >= ids.length - asked ? 1 : 0)),
    });
    const rows = [
      row(tokens.slice(0, 6), 5),
      row(tokens.slice(2, 8), 2),
      row(tokens.slice(4, 10), 2),
      row(tokens.slice(6, 11), 1),
    ];
    const expected = rows.reduce(
      (sum, one) => sum - take(completionSums(model, collate([one])))[0]!,
      0,
    );
    for (const batchSize of [1, 3]) {
      const result = evaluateHeldOut(model, tokens, { blockLength: 5, stride: 2, batchSize });
      expect(result.nats).toBeCloseTo(expected, 4);
      expect(result.tokens).toBe(10);
    }
    model.dispose();
  });

  it('gives ln V for a model that knows nothing, and leaks nothing', () => {
    const model = tinyModel(3);
    for (const parameter of model.parameters()) parameter.assign(tf.zerosLike(parameter));
    expect(evaluateHeldOut(model, tokens).nll).toBeCloseTo(Math.log(VOCABULARY), 5);
    expectNoLeak(() => void evaluateHeldOut(model, tokens, { blockLength: 3 }));
    model.dispose();
  });

  it('refuses a stream too short to predict anything', () => {
    expect(() => evaluateHeldOut(tinyModel(3), [4])).toThrow('tokens: expected at least 2, got 1');
  });
});
