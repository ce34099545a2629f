import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tf, useBackend } from '@llm/tensor';
import type { CausalLm } from '@llm/transformer';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseUnpairedRow, unpairPreferences } from '../data/unpaired-rows.ts';
import { tokenizeUnpaired } from '../data/tokenize-unpaired.ts';
import { frozenCopy } from '../models/copy-model.ts';
import { EOS, tinyModel } from '../tiny-model.test-support.ts';
import { trainBco } from './train-bco.ts';
import { trainKto } from './train-kto.ts';
import type { KtoOptions } from './train-kto.ts';
import { withMismatches } from './unpaired-batch.ts';

beforeAll(() => useBackend('cpu'));

/** Wanted answers begin with 9, unwanted ones with 8. */
const examples = [true, false].flatMap((label) =>
  [2, 3, 4, 5].map((prompt) => ({
    promptIds: [prompt, 7],
    completionIds: label ? [9, EOS] : [8, 8, EOS],
    label,
  })),
);

async function run(model: CausalLm, options: Partial<KtoOptions> = {}) {
  const losses: number[] = [];
  const { lastMetrics } = await trainKto({
    ...{ model, examples, steps: 25, batchSize: 8, learningRate: 0.01, beta: 0.5 },
    onStep: ({ loss }) => void losses.push(loss),
    ...options,
  });
  return { losses, metrics: lastMetrics!.metrics };
}

describe('trainKto', () => {
  it('starts at ½ and widens the margin, with the mismatched answers as its measure', async () => {
    const model = tinyModel(5);
    const { losses, metrics } = await run(model);
    expect(losses[0]).toBeCloseTo(0.5, 5); // policy = reference: 1 − σ(0)
    expect(losses.at(-1)).toBeLessThan(0.3);
    expect(metrics['rewards/margins']).toBeGreaterThan(1);
    expect(metrics['kl']).toBeGreaterThanOrEqual(0);
    expect(metrics['rewards/margins']).toBeCloseTo(
      metrics['rewards/chosen']! - metrics['rewards/rejected']!,
      5,
    );
    model.dispose();
  });

  it('trains alike with a frozen copy and with precomputed log-probabilities', async () => {
    const [copied, computed] = [tinyModel(5), tinyModel(5)];
    const reference = frozenCopy(copied);
    const { losses } = await run(copied, { reference, steps: 4 });
    const others = await run(computed, { steps: 4 });
    others.losses.forEach((loss, i) => expect(loss).toBeCloseTo(losses[i]!, 5));
    expect(losses[3]).toBeLessThan(losses[0]!);
  });

  it('takes apoZeroUnpaired, also with single rows', async () => {
    const model = tinyModel(5);
    const { metrics } = await run(model, { lossType: 'apoZeroUnpaired', steps: 40, batchSize: 1 });
    expect(metrics['kl']).toBe(0);
    await expect(run(model, { batchSize: 1 })).rejects.toThrow(
      'trainKto: batchSize: expected at least 2 rows to mix, got 1.',
    );
    model.dispose();
  });

  it('leaks nothing', async () => {
    const model = tinyModel(5);
    const before = tf.memory().numTensors;
    await run(model, { steps: 2 });
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });
});

describe('trainBco', () => {
  const bco = async (options: Partial<Parameters<typeof trainBco>[0]> = {}) => {
    const model = tinyModel(5);
    const losses: number[] = [];
    const { lastMetrics } = await trainBco({
      ...{ model, examples, steps: 20, batchSize: 8, learningRate: 0.01, beta: 0.5 },
      onStep: ({ loss }) => void losses.push(loss),
      ...options,
    });
    const weights = model.parameters().map((parameter) => [...parameter.dataSync()]);
    return { losses, metrics: lastMetrics!.metrics, weights };
  };

  it('starts at ln 2 and widens the margin around the running mean', async () => {
    const { losses, metrics } = await bco();
    expect(losses[0]).toBeCloseTo(Math.LN2, 5);
    expect(losses.at(-1)).toBeLessThan(0.4);
    expect(metrics['rewards/chosen']!).toBeGreaterThan(metrics['delta']!);
    expect(metrics['rewards/rejected']!).toBeLessThan(metrics['delta']!);
  });

  it('keeps the running mean in its checkpoints: a run resumes to the same bits', async () => {
    const whole = await bco({ steps: 6 });
    const directory = await mkdtemp(join(tmpdir(), 'llm-bco-'));
    const stop = new AbortController();
    await bco({
      ...{ steps: 6, checkpoint: { directory }, signal: stop.signal },
      onStep: ({ step }) => void (step === 4 && stop.abort()),
    });
    const resumed = await bco({ steps: 6, checkpoint: { directory }, resume: true });
    await rm(directory, { recursive: true });
    expect(resumed.weights).toEqual(whole.weights);
    expect(resumed.metrics).toEqual(whole.metrics);
  });
});

describe('unpaired data', () => {
  it('makes all chosen rows, then all rejected ones, of pairs', () => {
    const pair = (prompt: string) => ({ prompt, chosen: 'good', rejected: 'bad' });
    expect(unpairPreferences([pair('a'), pair('b')])).toEqual([
      { prompt: 'a', completion: 'good', label: true },
      { prompt: 'b', completion: 'good', label: true },
      { prompt: 'a', completion: 'bad', label: false },
      { prompt: 'b', completion: 'bad', label: false },
    ]);
  });

  it('reads labels and refuses what is none', () => {
    const row = { prompt: 'a', completion: 'b', label: 0 };
    expect(parseUnpairedRow(row, 'row 1').label).toBe(false);
    expect(() => parseUnpairedRow({ ...row, label: 'yes' }, 'a.jsonl: row 3')).toThrow(
      'data: a.jsonl: row 3: label: expected true or false, got string. The row has prompt, completion, label.',
    );
  });

  it('counts what it cuts and drops', () => {
    const tokenizer = {
      encode: (text: string) => [...text].map((letter) => letter.charCodeAt(0)),
      decode: String,
    };
    const rows = ['yyyyy', '', 'y'].map((completion) => ({
      prompt: 'xx',
      completion,
      label: true,
    }));
    const { examples: kept, report } = tokenizeUnpaired(rows, tokenizer, { maxLength: 4 });
    expect(kept.map(({ completionIds }) => completionIds.length)).toEqual([2, 1]);
    expect(report).toMatchObject({ rows: 3, truncated: 1, dropped: 1, trainedTokens: 3 });
  });

  it('gives each row the completion before it, and a last single row joins the group before', () => {
    const rows = [1, 2, 3, 4, 5].map((id) => ({
      promptIds: [id],
      completionIds: [10 * id],
      label: true,
    }));
    const mismatched = withMismatches(rows, 2).map((row) => row.mismatchedIds![0]);
    expect(mismatched).toEqual([20, 10, 50, 30, 40]);
  });
});
