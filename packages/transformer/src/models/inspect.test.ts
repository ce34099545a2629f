// Attention maps and hidden states against Transformers (tools/fixtures/inspect_models.py).
import { tf, useBackend, type Tensor } from '@llm/tensor';
import { openSafetensors } from '@llm/tensor/io';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadEncoder } from '../checkpoint/encoder-checkpoint.ts';
import { loadModel } from '../checkpoint/load-model.ts';
import { loadSeq2Seq } from '../checkpoint/seq2seq-checkpoint.ts';
import { inspect, inspectSeq2Seq } from './inspect.ts';
import { fixture, largestDifference } from './reference-fixture.ts';
import { activeTrace } from './trace.ts';

const DECODERS = ['gpt2', 'llama', 'mistral', 'mixtral', 'qwen2', 'qwen3', 'qwen3-moe', 'smollm3'];
const MORE_DECODERS = ['gemma2', 'gemma3', 'phi3', 'gpt-neox'];
const ENCODERS = ['bert', 'roberta-mlm', 'distilbert-mlm', 'modernbert-mlm'];
const SEQ2SEQ = ['t5', 't5-gated', 'bart', 'marian'];
const BOTH = { outputAttentions: true, outputHiddenStates: true };

let expected: Map<string, Tensor>;

beforeAll(async () => {
  await useBackend('cpu');
  const file = await openSafetensors(fixture('inspect.safetensors'));
  expected = new Map();
  for (const key of file.tensors.keys()) expected.set(key, await file.read(key));
  await file.close();
});
afterAll(() => tf.dispose([...expected.values()]));

const input = (name: string): Tensor => expected.get(name)!;

/** Every list within 1e-4 of the fixture's, where tokens are: padding's own rows are nobody's business. */
function expectAll(name: string, kind: string, got: readonly Tensor[]): void {
  const count = [...expected.keys()].filter((key) => key.startsWith(`${name}.${kind}.`)).length;
  expect(got, kind).toHaveLength(count);
  expect(count).toBeGreaterThan(1);
  const isDecoder = /decoder|cross/.test(kind);
  for (const [i, tensor] of got.entries()) {
    const reference = input(`${name}.${kind}.${i}`);
    const onTokens = (x: Tensor): Tensor => (isDecoder ? x : tf.mul(x, rowMask(x.rank)));
    expect(largestDifference(onTokens(tensor), onTokens(reference)), `${kind} ${i}`).toBeLessThan(
      1e-4,
    );
  }
}

/** 1 for rows of tokens: [B, T, 1] or [B, 1, T, 1]. */
function rowMask(rank: number): Tensor {
  const mask = tf.cast(input('mask'), 'float32');
  const [B = 0, T = 0] = mask.shape;
  return rank === 3 ? tf.reshape(mask, [B, T, 1]) : tf.reshape(mask, [B, 1, T, 1]);
}

describe('inspect', () => {
  it.each([...DECODERS, ...MORE_DECODERS])('%s: as Transformers', async (name) => {
    const model = await loadModel(fixture(`${name}-tiny`));
    const attentionMask = input('mask');
    const before = tf.memory().numTensors;
    const got = inspect(model, input('ids'), { attentionMask, ...BOTH });
    tf.tidy(() => {
      expectAll(name, 'hiddenStates', got.hiddenStates);
      expectAll(name, 'attentions', got.attentions);
      const plain = model.forward(input('ids'), { attentionMask });
      expect(largestDifference(got.output, plain)).toBe(0);
    });
    tf.dispose([got.output, ...got.hiddenStates, ...got.attentions]);
    expect(tf.memory().numTensors - before).toBeLessThanOrEqual(4); // rotary tables
    model.dispose();
  });

  it.each(ENCODERS)('%s: as Transformers', async (name) => {
    const model = await loadEncoder(fixture(`${name}-tiny`), { task: 'embedding' });
    const got = inspect(model, input('ids'), { attentionMask: input('mask'), ...BOTH });
    expectAll(name, 'hiddenStates', got.hiddenStates);
    expectAll(name, 'attentions', got.attentions);
    model.dispose();
  });

  it.each(SEQ2SEQ)('%s: as Transformers', async (name) => {
    const model = await loadSeq2Seq(fixture(`${name}-tiny`));
    const options = { attentionMask: input('mask'), ...BOTH };
    const got = inspectSeq2Seq(model, input('ids'), input('decoderIds'), options);
    const { logits, ...lists } = got;
    for (const [kind, list] of Object.entries(lists)) expectAll(name, kind, list);
    const plain = model.forward(input('ids'), input('decoderIds'), options);
    expect(largestDifference(logits, plain)).toBe(0);
    model.dispose();
  });

  it('sees one step through a cache, keeps nothing unasked, and stops looking when it throws', async () => {
    const model = await loadModel(fixture('llama-tiny'));
    const ids = tf.tensor2d([[5, 9, 2, 17]], [1, 4], 'int32');
    const whole = inspect(model, ids, { outputAttentions: true });
    const kvCache = model.createCache(1, 6);
    model.forward(tf.slice(ids, [0, 0], [1, 3]), { kvCache }).dispose();
    const last = tf.slice(ids, [0, 3], [1, 1]);
    const step = inspect(model, last, { kvCache, outputAttentions: true });
    expect(step.hiddenStates).toEqual([]);
    for (const [i, map] of step.attentions.entries()) {
      const row = tf.slice(whole.attentions[i]!, [0, 0, 3, 0], [-1, -1, 1, -1]);
      expect(largestDifference(map, row)).toBeLessThan(1e-5);
    }
    const wrong = tf.tensor2d([[5]], [1, 1], 'float32');
    expect(() => inspect(model, wrong, BOTH)).toThrow('inputIds: expected int32');
    expect(activeTrace()).toBeNull();
    model.dispose();
  });
});
