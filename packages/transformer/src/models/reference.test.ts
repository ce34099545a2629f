// The tiny checkpoints that Transformers saved, against the numbers that PyTorch computed on them
// (tools/fixtures/transformer_models.py).
import { fileURLToPath } from 'node:url';
import {
  adamWStep,
  crossEntropy,
  Generator,
  nn,
  tf,
  useBackend,
  valueAndGrads,
  type Tensor,
} from '@llm/tensor';
import { openSafetensors } from '@llm/tensor/io';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { layoutOf } from '../checkpoint/layout.ts';
import { loadModel } from '../checkpoint/load-model.ts';
import { generate } from '../generation/generate.ts';
import { RewardModel } from '../heads/reward-model.ts';
import { ValueModel } from '../heads/value-model.ts';
import type { CausalLm } from './causal-lm.ts';

const folder = (name: string): string =>
  fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));

async function readExpected(name: string): Promise<Map<string, Tensor>> {
  const file = await openSafetensors(`${folder(name)}/expected.safetensors`);
  const tensors = new Map<string, Tensor>();
  for (const key of file.tensors.keys()) tensors.set(key, await file.read(key));
  await file.close();
  return tensors;
}

function largestDifference(a: Tensor, b: Tensor): number {
  expect(a.shape).toEqual(b.shape);
  return tf.tidy(() => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!);
}

beforeAll(() => useBackend('cpu'));

describe.each(['gpt2-tiny', 'llama-tiny', 'llama-tied-tiny'])('%s', (name) => {
  let model: CausalLm;
  let tensors: Map<string, Tensor>;
  const expected = (key: string): Tensor => tensors.get(key)!;

  beforeAll(async () => {
    model = await loadModel(folder(name));
    tensors = await readExpected(name);
  });

  afterAll(() => {
    model.dispose();
    tf.dispose([...tensors.values()]);
  });

  it('gives the logits', () => {
    const logits = model.forward(expected('ids'));
    expect(largestDifference(logits, expected('logits'))).toBeLessThan(1e-4);
  });

  it('gives the loss and the gradient of every parameter', () => {
    const loss = (): Tensor => crossEntropy(model.forward(expected('ids')), expected('labels'));
    const { value, grads } = valueAndGrads(loss, model.parameters());
    expect(largestDifference(value, expected('loss'))).toBeLessThan(1e-5);
    const layout = layoutOf(model.config);
    const keys = Array.from(model.namedParameters(), ([path]) => {
      return { path, key: `grad.${layout.key(path)}` };
    });
    expect(keys.map(({ key }) => key).sort()).toEqual(
      [...tensors.keys()].filter((key) => key.startsWith('grad.')).sort(),
    );
    for (const [i, { path, key }] of keys.entries()) {
      const grad = layout.isTransposed(path) ? tf.transpose(grads[i]!) : grads[i]!;
      expect(largestDifference(grad, expected(key)), key).toBeLessThan(1e-3);
    }
  });

  it('gives the logits of one cached step', () => {
    const ids = expected('ids');
    const [B, T] = ids.shape as [number, number];
    const kvCache = model.createCache(B, T);
    model.forward(tf.slice(ids, [0, 0], [B, T - 1]), { kvCache });
    const step = model.forward(tf.slice(ids, [0, T - 1], [B, 1]), { kvCache }); // [B, 1, V]
    expect(largestDifference(step, expected('cachedStep'))).toBeLessThan(1e-4);
  });

  it('gives the logits of left-padded rows where they hold tokens', () => {
    const attentionMask = expected('paddedMask');
    const logits = model.forward(expected('paddedIds'), { attentionMask });
    const tokens = tf.expandDims(attentionMask, 2); // [B, T, 1]
    const got = tf.mul(logits, tokens);
    const wanted = tf.mul(expected('paddedLogits'), tokens);
    expect(largestDifference(got, wanted)).toBeLessThan(1e-4);
  });

  it('gives the greedy continuation of a padded batch', async () => {
    const ids = expected('paddedIds').arraySync() as number[][];
    const mask = expected('paddedMask').arraySync() as number[][];
    const prompts = ids.map((row, i) => row.filter((_, j) => mask[i]![j] === 1));
    const options = { maxNewTokens: 8, minNewTokens: 8 };
    const { sequences } = await generate(model, prompts, options);
    expect(sequences).toEqual(expected('greedy').arraySync());
  });

  it('gives the reward of right-padded rows, as sequence classification does', () => {
    const head = new RewardModel(model, { generator: new Generator(0) });
    nn.assignParameter(head.score.weight, tf.clone(expected('score')), 'score');
    const rewards = head.forward(expected('scoreIds'), { attentionMask: expected('scoreMask') });
    expect(largestDifference(rewards, expected('rewards'))).toBeLessThan(1e-4);
  });

  it('gives the value of every token', () => {
    const head = new ValueModel(model, { generator: new Generator(0) });
    nn.assignParameter(head.score.weight, tf.clone(expected('score')), 'score');
    const attentionMask = expected('scoreMask');
    const values = head.forward(expected('scoreIds'), { attentionMask });
    const atTokens = (x: Tensor): Tensor => tf.mul(x, attentionMask);
    expect(largestDifference(atTokens(values), atTokens(expected('values')))).toBeLessThan(1e-4);
  });

  it('loses what it loses in ten steps of AdamW', async () => {
    const learner = await loadModel(folder(name));
    const params = learner.parameters();
    const moments = () => params.map((param) => tf.variable(tf.zerosLike(param), false));
    const state = { params, mu: moments(), nu: moments() };
    const options = { learningRate: 1e-2, b1: 0.9, b2: 0.99, eps: 1e-8, weightDecay: 0.1 };
    const loss = (): Tensor => crossEntropy(learner.forward(expected('ids')), expected('labels'));
    for (const [i, wanted] of expected('trainingLosses').dataSync().entries()) {
      const { value, grads } = valueAndGrads(loss, params);
      expect(Math.abs(value.dataSync()[0]! - wanted), `step ${i}`).toBeLessThan(1e-4);
      adamWStep({ ...state, grads }, { step: i + 1, ...options });
      tf.dispose([value, ...grads]);
    }
  });
});
