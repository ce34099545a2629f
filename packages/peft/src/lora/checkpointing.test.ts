// Gradient checkpointing recomputes layers whose inputs need no gradient when only adapters inside them train: PEFT's
// users have to make inputs require one, or nothing trains.
import { Generator, tf, useBackend, valueAndGrads, type Tensor } from '@llm/tensor';
import { createModel, setGradientCheckpointing } from '@llm/transformer';
import { beforeAll, expect, it } from 'vitest';
import { addLora } from '../index.ts';
import { shakeAdapter } from '../test/adapted-model.ts';

beforeAll(() => useBackend('native'));

it.each([
  ['LoRA', {}],
  ['LoRA with dropout', { dropout: 0.4 }],
  ['DoRA', { useDora: true }],
  ['an embedding and a norm in full', { targetModules: ['embed_tokens'], modulesToSave: ['norm'] }],
])('%s gets the same gradients with checkpointing as without', (_what, options) => {
  const gradients = [false, true].map((isOn) => {
    const sizes = { hiddenSize: 16, intermediateSize: 24, numHiddenLayers: 2 };
    const heads = { numAttentionHeads: 2, numKeyValueHeads: 1, vocabSize: 11 };
    const config = { modelType: 'llama', ...sizes, ...heads } as const;
    const model = createModel(config, { seed: 1 });
    addLora(model, { rank: 2, ...options, generator: new Generator(2) });
    shakeAdapter(model, 'default', 3);
    model.train();
    setGradientCheckpointing(model, isOn);
    const ids = tf.tensor2d([[1, 2, 3, 4]], undefined, 'int32');
    const loss = () => tf.sum(tf.square(model.forward(ids))) as Tensor;
    const { grads } = valueAndGrads(loss, model.trainableParameters());
    const values = grads.map((gradient) => [...gradient.dataSync()]);
    model.dispose();
    return values;
  });
  expect(gradients[1]).toEqual(gradients[0]);
  for (const gradient of gradients[1]!)
    expect(Math.max(...gradient.map(Math.abs))).toBeGreaterThan(0);
});
