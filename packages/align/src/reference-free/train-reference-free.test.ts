import { tf, useBackend } from '@llm/tensor';
import type { TrainResult } from '@llm/optim';
import type { CausalLm } from '@llm/transformer';
import { beforeAll, describe, expect, it } from 'vitest';
import { collatePairs } from '../data/collate.ts';
import { parseTripleRow, tokenizeTriples } from '../data/triples.ts';
import { EOS, tinyModel } from '../tiny-model.test-support.ts';
import { trainCpo, trainSimpo } from './train-cpo.ts';
import { collateOrpo, trainOrpo } from './train-orpo.ts';
import { collateTriples, trainTpo } from './train-tpo.ts';

beforeAll(() => useBackend('cpu'));

const triples = [2, 3, 4, 5].map((prompt) => ({
  promptIds: [prompt, 7],
  chosenIds: [9, EOS],
  rejectedIds: [8, 8, EOS],
  referenceIds: [9, 10, EOS],
}));

type Run = (model: CausalLm, steps: number, record: (loss: number) => void) => Promise<TrainResult>;

const shared = (model: CausalLm, steps: number, record: (loss: number) => void) => ({
  ...{ model, steps, examples: triples, batchSize: 4, learningRate: 0.01 },
  onStep: ({ loss }: { loss: number }) => record(loss),
});

const TRAINERS: Record<string, Run> = {
  trainCpo: (...args) => trainCpo({ ...shared(...args), beta: 0.5 }),
  'trainCpo ipo': (...args) => trainCpo({ ...shared(...args), lossType: 'ipo', beta: 0.5 }),
  trainSimpo: (...args) => trainSimpo(shared(...args)),
  'trainSimpo with AlphaPO': (...args) => trainSimpo({ ...shared(...args), alpha: 0.1 }),
  trainOrpo: (...args) => trainOrpo(shared(...args)),
  trainTpo: (...args) => trainTpo({ ...shared(...args), beta: 0.5 }),
  'trainTpo tpoL': (...args) =>
    trainTpo({ ...shared(...args), lossType: 'tpoL', beta: 2, tpoAlpha: 0 }),
};

describe.each(Object.entries(TRAINERS))('%s', (name, run) => {
  it('comes to prefer the chosen answers', async () => {
    const model = tinyModel(5);
    const losses: number[] = [];
    const { lastMetrics } = await run(model, 25, (loss) => losses.push(loss));
    const { metrics } = lastMetrics!;
    expect(losses.at(-1)).toBeLessThan(losses[0]! * 0.8);
    expect(metrics['rewards/accuracies']).toBe(1);
    expect(metrics['rewards/margins']).toBeGreaterThan(0.05);
    const extra = /Orpo/.test(name) ? ['log_odds_chosen', 'log_odds_ratio', 'nll_loss'] : [];
    expect(Object.keys(metrics)).toEqual(expect.arrayContaining(extra));
    model.dispose();
  });

  it('leaks nothing', async () => {
    const model = tinyModel(5);
    const before = tf.memory().numTensors;
    await run(model, 1, () => {});
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });
});

describe('the batches', () => {
  it('of ORPO label the chosen rows whole and of the rejected ones the answer', () => {
    const { labels } = collateOrpo(
      [{ promptIds: [2, 3], chosenIds: [4], rejectedIds: [5, 6] }],
      {},
    );
    expect([...labels]).toEqual([2, 3, 4, -100, -100, -100, 5, 6]);
  });

  it('of TPO add the references, unless they are not used', () => {
    const rows = triples.slice(0, 1);
    expect(collateTriples(rows, { hasReferences: true })).toMatchObject({ batchSize: 3, pairs: 1 });
    expect(collateTriples(rows, { hasReferences: false })).toEqual(collatePairs(rows));
  });
});

describe('triples', () => {
  const row = { prompt: 'q', chosen: 'b', rejected: 'c', reference: 'a' };
  it('are read, and a missing reference is named', () => {
    expect(parseTripleRow(row, 'row 1')).toEqual(row);
    expect(() => parseTripleRow({ ...row, reference: undefined }, 'row 2')).toThrow(
      'data: row 2: reference: expected a string or a list of messages, got nothing.',
    );
  });

  it('are tokenised from the same prompt', () => {
    const tokenizer = {
      encode: (text: string) => [...text].map((letter) => letter.charCodeAt(0) - 96),
      decode: String,
      eosTokenId: 0,
    };
    const { examples, report } = tokenizeTriples([row], tokenizer);
    expect(examples).toEqual([
      { promptIds: [17], chosenIds: [2, 0], rejectedIds: [3, 0], referenceIds: [1, 0] },
    ]);
    expect(report).toMatchObject({ rows: 1, examples: 1, trainedTokens: 6, tokens: 9 });
  });
});
