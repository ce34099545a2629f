import { tf, useBackend } from '@llm/tensor';
import { generate } from '@llm/transformer';
import { beforeAll, describe, expect, it } from 'vitest';
import { take } from '../checks.test-support.ts';
import { EOS, tinyModel } from '../tiny-model.test-support.ts';
import { trainSft } from './train-sft.ts';

beforeAll(() => useBackend('cpu'));

/** "a b →" answers "b a", EOS: the completion depends on the prompt. */
const examples = [2, 3, 4].flatMap((a) =>
  [5, 6].map((b) => ({ inputIds: [a, b, 7, b, a, EOS], completionMask: [0, 0, 0, 1, 1, 1] })),
);

describe('trainSft', () => {
  it('learns the completions, and then writes them', async () => {
    const model = tinyModel(3, 0);
    const losses: number[] = [];
    const { lastMetrics } = await trainSft({
      ...{ model, examples, steps: 60, batchSize: 6, learningRate: 0.02 },
      onStep: ({ loss }) => void losses.push(loss),
    });
    expect(losses[0]).toBeGreaterThan(1.5);
    expect(losses.at(-1)).toBeLessThan(0.1);
    expect(lastMetrics?.metrics['mean_token_accuracy']).toBe(1);
    expect(lastMetrics?.metrics['entropy']).toBeLessThan(0.5);
    const { sequences } = await generate(
      model,
      [
        [3, 6, 7],
        [4, 5, 7],
      ],
      { maxNewTokens: 4 },
    );
    expect(sequences).toEqual([
      [6, 3, EOS],
      [5, 4, EOS],
    ]);
    model.dispose();
  });

  it('weighs tokens alike however an update is split into micro-batches', async () => {
    // one update on rows with 1 and 3 trained tokens, as one batch of two and as two of one
    const rows = [
      { inputIds: [2, 3, 4, 5], completionMask: [0, 1, 1, 1] },
      { inputIds: [6, 7], completionMask: [0, 1] },
    ];
    const after = async (batchSize: number, accumulation: number) => {
      const model = tinyModel(3, 0);
      const { lastMetrics } = await trainSft({
        ...{ model, examples: rows, steps: 1, batchSize, accumulation, learningRate: 0.01 },
      });
      const weights = model.parameters().flatMap((parameter) => Array.from(parameter.dataSync()));
      model.dispose();
      return { loss: lastMetrics!.loss, norm: lastMetrics!.gradNorm, weights };
    };
    const [whole, split] = [await after(2, 1), await after(1, 2)];
    expect(split.loss).toBeCloseTo(whole.loss, 5);
    expect(split.norm).toBeCloseTo(whole.norm, 4);
  });

  it('gives the same run for the same seed, and another for another', async () => {
    const run = async (seed: number) => {
      const model = tinyModel(3);
      const losses: number[] = [];
      await trainSft({
        ...{ model, examples, steps: 4, batchSize: 2, learningRate: 0.01, seed },
        onStep: ({ loss }) => void losses.push(loss),
      });
      model.dispose();
      return losses;
    };
    const first = await run(1);
    expect(await run(1)).toEqual(first);
    expect(await run(2)).not.toEqual(first);
  });

  it('smooths labels: (1 − ε)·(−log p of the label) + ε·(mean of −log p over the vocabulary)', async () => {
    const model = tinyModel(3, 0);
    const one = { inputIds: [2, 3], completionMask: [0, 1] };
    const logits = model.forward(tf.tensor2d([[2, 3]], undefined, 'int32'));
    const logps = take(tf.logSoftmax(tf.slice(logits, [0, 0, 0], [1, 1, -1])));
    const mean = logps.reduce((sum, logp) => sum - logp / logps.length, 0);
    const run = (labelSmoothing: number, lossType?: 'dft') =>
      trainSft({ model, examples: [one], steps: 1, learningRate: 0, labelSmoothing, lossType });
    const { lastMetrics } = await run(0.25);
    expect(lastMetrics!.loss).toBeCloseTo(0.75 * -logps[3]! + 0.25 * mean, 4);
    await expect(run(1)).rejects.toThrow('trainSft: labelSmoothing: expected 0 ≤ ε < 1, got 1.');
    await expect(run(0.1, 'dft')).rejects.toThrow('expected lossType nll beside it, got dft.');
    model.dispose();
  });

  it('leaks nothing and leaves the mode of the model as it was', async () => {
    const model = tinyModel(3);
    model.eval();
    const before = tf.memory().numTensors;
    await trainSft({ model, examples, steps: 2, batchSize: 2 });
    expect(tf.memory().numTensors).toBe(before);
    expect(model.training).toBe(false);
    await expect(trainSft({ model, examples: [], steps: 1 })).rejects.toThrow(
      'trainSft: examples: expected at least one, got 0.',
    );
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });
});
