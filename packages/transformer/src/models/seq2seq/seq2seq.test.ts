// T5, BART and Marian against Transformers, on tiny random checkpoints
// (tools/fixtures/transformer_models_more.py).
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crossEntropy, tf, useBackend, type Tensor } from '@llm/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createSeq2Seq,
  loadSeq2Seq,
  saveSeq2Seq,
  seq2SeqKey,
} from '../../checkpoint/seq2seq-checkpoint.ts';
import { translate } from '../../generation/translate.ts';
import { expectGradients, fixture, largestDifference, readExpected } from '../reference-fixture.ts';
import type { Seq2SeqLm } from './seq2seq-lm.ts';

beforeAll(() => useBackend('cpu'));

describe.each(['t5-tiny', 't5-gated-tiny', 'bart-tiny', 'marian-tiny'])('%s', (name) => {
  let model: Seq2SeqLm;
  let tensors: Map<string, Tensor>;
  const expected = (key: string): Tensor => tensors.get(key)!;
  const logitsOf = (of: Seq2SeqLm): Tensor => {
    const decoderIds = of.shiftRight(expected('labels'));
    return of.forward(expected('ids'), decoderIds, { attentionMask: expected('mask') });
  };

  beforeAll(async () => {
    model = await loadSeq2Seq(fixture(name));
    tensors = await readExpected(name);
  });

  afterAll(() => {
    model.dispose();
    tf.dispose([...tensors.values()]);
  });

  it('gives the logits with teacher forcing', () => {
    expect(largestDifference(logitsOf(model), expected('logits'))).toBeLessThan(1e-4);
  });

  it('gives the loss and the gradient of every parameter', () => {
    const loss = (): Tensor => crossEntropy(logitsOf(model), expected('labels'));
    expectGradients(model, loss, { tensors, key: (path) => seq2SeqKey(model.config, path) });
  });

  it('writes what Transformers writes, greedily, for sources of different length', async () => {
    const ids = expected('ids').arraySync() as number[][];
    const mask = expected('mask').arraySync() as number[][];
    const sources = ids.map((row, i) => row.filter((_, j) => mask[i]![j] === 1));
    const before = tf.memory().numTensors;
    const rows = await translate(model, sources, { maxNewTokens: 8, minNewTokens: 8 });
    expect(rows).toEqual(expected('greedy').arraySync());
    expect(tf.memory().numTensors).toBe(before);
  });

  it('is saved and loaded again', async () => {
    const folder = await mkdtemp(join(process.env['LLM_SAVED'] ?? tmpdir(), `${name}-`));
    try {
      await saveSeq2Seq(model, folder);
      const again = await loadSeq2Seq(folder);
      expect(largestDifference(logitsOf(again), expected('logits'))).toBeLessThan(1e-4);
      again.dispose();
    } finally {
      if (process.env['LLM_SAVED'] === undefined) await rm(folder, { recursive: true });
    }
  });
});

describe('createSeq2Seq', () => {
  it.each([
    { modelType: 't5', dModel: 8, dKv: 4, dFf: 12, numLayers: 1, numHeads: 2 },
    {
      modelType: 't5',
      dModel: 8,
      dKv: 4,
      dFf: 12,
      numLayers: 1,
      numHeads: 2,
      tieWordEmbeddings: false,
    },
    {
      modelType: 'marian',
      dModel: 8,
      encoderLayers: 1,
      decoderLayers: 1,
      encoderAttentionHeads: 2,
      decoderAttentionHeads: 2,
      encoderFfnDim: 12,
      decoderFfnDim: 12,
      scaleEmbedding: true,
    },
  ])('makes a random $modelType that is read back', async (config) => {
    const model = createSeq2Seq({ vocabSize: 11, ...config }, { seed: 2 });
    model.eval();
    const ids = tf.tensor2d([[3, 4, 5]], [1, 3], 'int32');
    const logits = model.forward(ids, ids);
    const folder = await mkdtemp(join(tmpdir(), 'seq2seq-'));
    await saveSeq2Seq(model, folder);
    const again = await loadSeq2Seq(folder);
    await rm(folder, { recursive: true });
    expect(largestDifference(again.forward(ids, ids), logits)).toBe(0);
    model.dispose();
    again.dispose();
  });

  it('says which types it knows', () => {
    expect(() => createSeq2Seq({ modelType: 'bert' }, {})).toThrow(
      'expected one of t5, bart, marian, got "bert"',
    );
  });
});
