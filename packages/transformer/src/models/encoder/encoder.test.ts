// BERT, RoBERTa, DistilBERT and ModernBERT with their heads against Transformers, on tiny random
// checkpoints (tools/fixtures/transformer_models_more.py).
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tf, useBackend, type Tensor } from '@llm/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createEncoder,
  encoderKey,
  loadEncoder,
  saveEncoder,
  withoutPrefix,
} from '../../checkpoint/encoder-checkpoint.ts';
import { embed } from '../../heads/sentence-embedding.ts';
import { expectGradients, fixture, largestDifference, readExpected } from '../reference-fixture.ts';
import type { EncoderModel } from './model.ts';

const NAMES = [
  'bert-tiny',
  'bert-mlm-tiny',
  'bert-sequence-tiny',
  'bert-token-tiny',
  'bert-qa-tiny',
  'roberta-mlm-tiny',
  'roberta-sequence-tiny',
  'distilbert-mlm-tiny',
  'distilbert-sequence-tiny',
  'modernbert-mlm-tiny',
];

beforeAll(() => useBackend('cpu'));

describe.each(NAMES)('%s', (name) => {
  let model: EncoderModel;
  let tensors: Map<string, Tensor>;
  const expected = (key: string): Tensor => tensors.get(key)!;
  const options = () => ({ attentionMask: expected('mask'), tokenTypeIds: tensors.get('types') });
  const atTokens = (x: Tensor): Tensor =>
    x.rank === 3 ? tf.mul(x, tf.expandDims(expected('mask'), 2)) : x;

  beforeAll(async () => {
    model = await loadEncoder(fixture(name));
    tensors = await readExpected(name);
  });

  afterAll(() => {
    model.dispose();
    tf.dispose([...tensors.values()]);
  });

  it('gives the output at every token', () => {
    const output = atTokens(model.forward(expected('ids'), options()));
    expect(largestDifference(output, atTokens(expected('output')))).toBeLessThan(1e-4);
  });

  it('gives the loss and the gradient of every parameter', () => {
    const loss = (): Tensor => {
      const output = model.forward(expected('ids'), options());
      const half = tf.mul(tf.mean(tf.square(atTokens(output))), 0.5);
      const pooled = model.pooled(output);
      return pooled === null ? half : tf.add(half, tf.mul(tf.mean(tf.square(pooled)), 0.5));
    };
    const bare = model.config.task === 'embedding';
    const key = (path: string): string => {
      const whole = encoderKey(model.config, path);
      return bare ? withoutPrefix(model.config, whole) : whole;
    };
    expectGradients(model, loss, { tensors, key });
  });

  it('is saved and loaded again', async () => {
    const folder = await mkdtemp(join(process.env['LLM_SAVED'] ?? tmpdir(), `${name}-`));
    try {
      await saveEncoder(model, folder);
      const again = await loadEncoder(folder);
      const output = atTokens(again.forward(expected('ids'), options()));
      expect(largestDifference(output, atTokens(expected('output')))).toBeLessThan(1e-4);
      again.dispose();
    } finally {
      if (process.env['LLM_SAVED'] === undefined) await rm(folder, { recursive: true });
    }
  });
});

describe('loadEncoder', () => {
  it('puts a new head on a body', async () => {
    const model = await loadEncoder(fixture('bert-mlm-tiny'), {
      task: 'tokenClassification',
      numLabels: 7,
    });
    expect(model.forward(tf.tensor2d([[5, 6]], [1, 2], 'int32')).shape).toEqual([1, 2, 7]);
    model.dispose();
  });

  it.each(NAMES)('takes the body alone of %s for an embedding', async (name) => {
    const whole = await loadEncoder(fixture(name));
    const body = await loadEncoder(fixture(name), { task: 'embedding' });
    const ids = tf.tensor2d([[5, 6, 7]], [1, 3], 'int32');
    expect(largestDifference(body.hiddenStates(ids), whole.hiddenStates(ids))).toBe(0);
    whole.dispose();
    body.dispose();
  });

  it('says which types it knows', async () => {
    await expect(loadEncoder(fixture('gpt2-tiny'))).rejects.toThrow(
      'expected one of bert, roberta, distilbert, modernbert, got "gpt2"',
    );
  });
});

describe('embed', () => {
  it('gives a text the same vector alone and in a batch, of length 1', async () => {
    const config = { modelType: 'bert', vocabSize: 20, hiddenSize: 8, numHiddenLayers: 2 };
    const sizes = { numAttentionHeads: 2, intermediateSize: 12, initializerRange: 0.3 };
    const model = createEncoder({ ...config, ...sizes }, { seed: 4 });
    model.eval();
    const texts = [[1, 2], [3, 4, 5, 6], [7]];
    for (const pooling of ['mean', 'cls', 'max'] as const) {
      const together = await embed(model, texts, { pooling });
      for (const [i, text] of texts.entries()) {
        const [alone] = await embed(model, [text], { pooling });
        for (const [j, value] of alone!.entries()) expect(together[i]![j]).toBeCloseTo(value, 5);
        expect(Math.hypot(...alone!)).toBeCloseTo(1, 5);
      }
    }
    model.dispose();
  });
});
