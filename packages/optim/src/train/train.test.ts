import { Generator, tf, useBackend, type Tensor } from '@llm/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  adamw,
  cosine,
  mapBatches,
  train,
  type BatchSource,
  type StepMetrics,
  type TrainOptions,
} from '../index.ts';
import {
  bitsOf,
  pairBatches,
  pairsOf,
  squaredError,
  TinyModel,
  type Pairs,
} from '../test/tiny-model.ts';

beforeAll(() => useBackend('cpu'));

/** A run's parts, made anew from seeds; rate 0 unless dropout is asked for. */
function setUp(overrides: Partial<TrainOptions<Pairs>> = {}, rate = 0) {
  const generator = new Generator(1);
  const model = new TinyModel(generator, rate);
  const options: TrainOptions<Pairs> = {
    model,
    loss: (batch) => squaredError(model, batch),
    batches: pairBatches(2),
    optimizer: adamw({ learningRate: 0.02 }),
    steps: 12,
    generator,
    ...overrides,
  };
  return { model, options };
}

/** The given index lists one after the other, for ever. */
function fixedBatches(...lists: number[][]): BatchSource<Pairs> {
  let at = 0;
  const source: BatchSource<number[]> = {
    next: () => lists[at++ % lists.length]!,
    getState: () => at,
    setState: (state) => void (at = state as number),
  };
  return mapBatches(source, pairsOf);
}

describe('train', () => {
  it('lowers the loss and reports each update', async () => {
    const seen: StepMetrics[] = [];
    let time = 0;
    const { model, options } = setUp({
      steps: 150,
      schedule: cosine({ learningRate: 0.05, steps: 150, warmupSteps: 5 }),
      tokens: () => 8,
      onStep: (metrics) => void seen.push(metrics),
      now: () => (time += 0.5),
    });
    const result = await train(options);
    expect(result).toMatchObject({ step: 150, stopReason: 'finished', resumedFrom: 0 });
    expect(seen.map(({ step }) => step)).toEqual(Array.from({ length: 150 }, (_, i) => i + 1));
    expect(seen[0]).toMatchObject({ learningRate: 0, steps: 150 });
    expect(seen[3]!.learningRate).toBeCloseTo(0.03, 12); // three of five warm-up updates made
    expect(seen[2]!.tokensPerSecond).toBe(8 / 0.5); // skip() and lap() each read the clock once
    expect(seen[148]!.secondsLeft).toBeCloseTo(0.5, 12);
    const mean = (part: StepMetrics[]) =>
      part.reduce((sum, { loss }) => sum + loss, 0) / part.length;
    expect(mean(seen.slice(-10))).toBeLessThan(0.2 * mean(seen.slice(0, 10)));
    model.dispose();
  });

  it('gives the update of one large batch when micro-batches are weighted by size', async () => {
    const indices = [3, 1, 4, 15, 9, 2, 6, 5];
    const weight = ({ x }: Pairs) => x.shape[0]!;
    const large = setUp({ steps: 1, batches: fixedBatches(indices), weight });
    const small = setUp({
      ...{ steps: 1, accumulation: 3, weight },
      batches: fixedBatches(indices.slice(0, 1), indices.slice(1, 3), indices.slice(3)),
    });
    const [one, three] = [await train(large.options), await train(small.options)];
    expect(three.lastMetrics!.loss).toBeCloseTo(one.lastMetrics!.loss, 6);
    expect(three.lastMetrics!.gradNorm).toBeCloseTo(one.lastMetrics!.gradNorm, 6);
    large.model.parameters().forEach((parameter, i) => {
      const other = small.model.parameters()[i]!.dataSync();
      parameter.dataSync().forEach((value, j) => expect(other[j]).toBeCloseTo(value, 5));
    });
  });

  it('scales gradients to maxGradNorm and reports the norm before', async () => {
    const { options } = setUp({ steps: 1, maxGradNorm: 1e-3 });
    const norms: number[] = [];
    const optimizer = adamw({ learningRate: 0.02 });
    const inner = optimizer.step.bind(optimizer);
    optimizer.step = (grads, stepOptions) => {
      const squares = grads.map((grad) => tf.sum(tf.square(tf.mul(grad, stepOptions!.gradScale!))));
      norms.push(Math.sqrt(squares.reduce((sum, s) => sum + s.dataSync()[0]!, 0)));
      inner(grads, stepOptions);
    };
    const { lastMetrics } = await train({ ...options, optimizer });
    expect(lastMetrics!.gradNorm).toBeGreaterThan(0.1); // reported before clipping
    expect(norms[0]).toBeCloseTo(1e-3, 6);
  });

  it('averages the metrics that the loss returns', async () => {
    const { model, options } = setUp({ steps: 1, accumulation: 2, weight: ({ x }) => x.shape[0]! });
    const { lastMetrics } = await train({
      ...options,
      batches: fixedBatches([1], [2, 3, 4]),
      loss: (batch) => {
        const rows = tf.scalar(batch.x.shape[0]!);
        return { loss: squaredError(model, batch), metrics: { rows } };
      },
    });
    expect(lastMetrics!.metrics).toEqual({ rows: (1 * 1 + 3 * 3) / 4 });
  });

  it('updates trainable parameters only', async () => {
    const { model, options } = setUp({ steps: 2 });
    model.up.freeze();
    const [weight, bias, out] = bitsOf(model);
    await train(options);
    const after = bitsOf(model);
    expect(after.slice(0, 2)).toEqual([weight, bias]);
    expect(after[2]).not.toBe(out);
  });

  it('leaks nothing, also when the loss throws', async () => {
    const { options } = setUp({ steps: 3, accumulation: 2 });
    await train(options);
    const before = tf.memory().numTensors;
    await train(options);
    expect(tf.memory().numTensors).toBe(before);
    const loss = ({ x }: Pairs): Tensor => {
      tf.square(x);
      throw new Error('no loss today');
    };
    await expect(train({ ...options, loss })).rejects.toThrow('no loss today');
    expect(tf.memory().numTensors).toBe(before);
  });

  it('stops at a loss that is not a number, naming the step, with the parameters untouched', async () => {
    const { model, options } = setUp();
    let bits: string[] = [];
    const loss = (batch: Pairs, { step }: { step: number }) => {
      if (step === 3) bits = bitsOf(model);
      return tf.mul(squaredError(model, batch), step === 3 ? NaN : 1);
    };
    const before = tf.memory().numTensors;
    await expect(train({ ...options, loss })).rejects.toThrow(
      'train: loss: expected a finite number, got NaN at step 3.',
    );
    expect(bitsOf(model)).toEqual(bits);
    expect(tf.memory().numTensors).toBe(before + 2 * 3); // the optimizer's state stays the caller's
  });

  it('stops at a batch with nothing to learn from', async () => {
    const { options } = setUp({ weight: () => 0 });
    await expect(train(options)).rejects.toThrow(
      'train: weight: expected a batch with something to learn from at step 1, got weight 0.',
    );
  });

  it('ends after the current update when aborted', async () => {
    const controller = new AbortController();
    const { options } = setUp({
      signal: controller.signal,
      onStep: ({ step }) => {
        if (step === 4) controller.abort();
      },
    });
    expect(await train(options)).toMatchObject({ step: 4, stopReason: 'aborted' });
  });

  it('refuses impossible options by name', async () => {
    const cases: [Partial<TrainOptions<Pairs>>, string][] = [
      [{ steps: 0 }, 'train: steps: expected a positive integer, got 0.'],
      [{ accumulation: 1.5 }, 'train: accumulation: expected a positive integer, got 1.5.'],
      [{ maxGradNorm: 0 }, 'train: maxGradNorm: expected a number > 0, got 0.'],
      [{ resume: true }, 'train: resume: expected checkpoint.directory'],
      [{ checkpoint: { directory: 'x', keep: 0 } }, 'train: checkpoint.keep: expected a positive'],
    ];
    for (const [overrides, message] of cases) {
      await expect(train(setUp(overrides).options)).rejects.toThrow(message);
    }
  });
});
