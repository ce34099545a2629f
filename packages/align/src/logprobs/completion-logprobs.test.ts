import { linearTokenStatistics, scope, tf, useBackend } from '@llm/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { collate } from '../data/collate.ts';
import { expectClose, expectNoLeak, fixture, take } from '../checks.test-support.ts';
import { tinyModel } from '../tiny-model.test-support.ts';
import { completionLogprobs, completionSums } from './completion-logprobs.ts';
import { sequenceLogprobs } from './token-logprobs.ts';
import { trainedPositions } from './trained-positions.ts';

beforeAll(() => useBackend('cpu'));

const rows = [
  { inputIds: [2, 3, 4, 5], completionMask: [0, 0, 1, 1] },
  { inputIds: [6, 7], completionMask: [0, 1] },
  { inputIds: [8, 9, 2], completionMask: [0, 0, 0] },
];

describe('trainedPositions', () => {
  it('names the position before each trained token', () => {
    // row 0: tokens at 2, 3 → positions 1, 2; row 1: token at 4 + 1 → position 4; row 2: none
    const { positions, labels, rows: owners } = trainedPositions(collate(rows));
    expect([...positions]).toEqual([1, 2, 4]);
    expect([...labels]).toEqual([4, 5, 7]);
    expect([...owners]).toEqual([0, 0, 1]);
  });

  it('refuses a batch that trains nothing', () => {
    expect(() => trainedPositions(collate([rows[2]!]))).toThrow(
      'expected at least one trained token, got none',
    );
  });
});

describe('completionSums', () => {
  it.each(['left', 'right'] as const)(
    'equals the sums over all logits, padded on the %s',
    (paddingSide) => {
      const model = tinyModel(4).eval();
      const right = collate(rows);
      const batch = collate(rows, { paddingSide });
      const expected = scope(() => {
        const inputIds = tf.tensor2d(right.inputIds, [3, 4], 'int32');
        const labels = tf.tensor2d(right.labels, [3, 4], 'int32');
        return take(sequenceLogprobs(model.forward(inputIds), labels, { temperature: 0.7 }));
      });
      expect(expected[2]).toBeCloseTo(0);
      expectClose(take(completionSums(model, batch, { temperature: 0.7 })), expected);
      model.dispose();
    },
  );

  it('leaks nothing', () => {
    const model = tinyModel(4).eval();
    completionSums(model, collate(rows)).dispose();
    expectNoLeak(() => completionSums(model, collate(rows)));
    expectNoLeak(() => Object.values(completionLogprobs(model, collate(rows))));
    model.dispose();
  });
});

describe('token statistics', () => {
  it("equal TRL's entropy and mean_token_accuracy", () => {
    const { logits, labels, vocabSize, cases } = fixture<{
      logits: number[];
      labels: number[][];
      vocabSize: number;
      cases: { metrics: Record<string, number> }[];
    }>('trl-sft');
    const length = labels[0]!.length;
    const { positions, labels: ids } = trainedPositions({
      labels: Int32Array.from(labels.flat()),
      length,
    });
    const all = tf.tensor2d(logits, [labels.length * length, vocabSize]);
    const chosen = tf.gather(all, tf.tensor1d(positions, 'int32'));
    const { metrics } = cases[0]!;
    const identity = tf.eye(vocabSize); // the logits themselves
    const { entropies, hits } = linearTokenStatistics(chosen, identity, tf.tensor1d(ids, 'int32'));
    expectClose(tf.mean(entropies), [metrics['entropy']!]);
    expectClose(tf.mean(hits), [metrics['mean_token_accuracy']!], 1e-6);
  });
});
