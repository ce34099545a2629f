import { Generator, nn, tf, useBackend, type Tensor } from '@llm/tensor';
import * as fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  activeAdapters,
  adapterNames,
  addLora,
  countParameters,
  deleteAdapter,
  disableAdapters,
  formatCounts,
  mergeAndRemove,
  setActiveAdapters,
} from '../index.ts';
import { adaptedLayers } from '../adapter/adapted-layer.ts';
import { expectClose, loraParts, Model, output, randomizeB } from '../test/adapted-model.ts';

beforeAll(() => useBackend('cpu'));
let model: Model;
beforeEach(() => {
  model?.dispose();
  model = new Model();
});

describe('addLora', () => {
  it('computes W·x + s·B·A·x', () => {
    const layer = new Model().layers[0]!.qProj as nn.Linear;
    const wrapper = { layer };
    class Holder extends nn.Module {
      layer = wrapper.layer as nn.Module & { forward(x: Tensor): Tensor };
    }
    const holder = new Holder();
    addLora(holder, { rank: 2, alpha: 6, targetModules: ['layer'] });
    const { loraA, loraB } = loraParts(holder)[0]![1];
    nn.assignParameter(loraA, tf.tensor2d([1, 0, 2, 0, 1, 0], [2, 3]), 'A');
    nn.assignParameter(loraB, tf.tensor2d([1, 0, 0, 1, 1, 1, 0, 0, 2, 0], [5, 2]), 'B');
    const x = tf.tensor2d([1, 2, 3], [1, 3]);
    // A·x = (1·1 + 2·3, 2) = (7, 2); B·A·x = (7, 2, 9, 0, 14); s = 6 / 2 = 3
    const added = tf.sub(holder.layer.forward(x), layer.forward(x));
    expectClose([...added.dataSync()], [21, 6, 27, 0, 42]);
  });

  it('changes no output, because B begins at zero, whatever the options', () => {
    const rank = fc.integer({ min: 1, max: 9 });
    const options = fc.record({
      rank,
      alpha: fc.integer({ min: 1, max: 64 }),
      useRslora: fc.boolean(),
    });
    fc.assert(
      fc.property(options, fc.nat(99), (chosen, seed) => {
        const fresh = new Model(seed);
        const before = output(fresh);
        addLora(fresh, { ...chosen, targetModules: 'all-linear', generator: new Generator(seed) });
        expect(output(fresh)).toEqual(before);
        fresh.dispose();
      }),
      { numRuns: 30 },
    );
  });

  it('draws A uniformly within ±1/√I', () => {
    addLora(model, { rank: 50, targetModules: ['downProj'], generator: new Generator(3) });
    const { loraA } = loraParts(model)[0]![1];
    const values = [...loraA.dataSync()];
    expect(loraA.shape).toEqual([50, 5]);
    expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(1 / Math.sqrt(5));
    expect(Math.max(...values)).toBeGreaterThan(0.9 / Math.sqrt(5));
    expect(Math.min(...values)).toBeLessThan(-0.9 / Math.sqrt(5));
  });

  it('trains the adapter only', () => {
    addLora(model, { rank: 2, targetModules: ['q_proj'] });
    expect(model.trainableParameters().map(({ shape }) => shape)).toEqual([
      ...[
        [2, 3],
        [5, 2],
        [2, 3],
        [5, 2],
      ], // A [R, I] and B [O, R] of both blocks
    ]);
    const counts = countParameters(model);
    expect(counts).toMatchObject({ trainable: 32, all: 18 + 2 * 35 + 3 + 12 + 32 });
    expect(formatCounts(counts)).toBe(
      'trainable params: 32 || all params: 135 || trainable%: 23.7037',
    );
  });

  it('scales by α/√R with rsLoRA and follows rank and alpha patterns', () => {
    addLora(model, {
      ...{ rank: 4, alpha: 6, useRslora: true, targetModules: 'all-linear' },
      ...{ rankPattern: { 'layers.1.down_proj': 9 }, alphaPattern: { q_proj: 2 } },
    });
    const settings = loraParts(model).map(([path, { rank, scaling }]) => [path, rank, scaling]);
    expect(settings).toEqual([
      ['layers.0.qProj', 4, 1],
      ['layers.0.downProj', 4, 3],
      ['layers.1.qProj', 4, 1],
      ['layers.1.downProj', 9, 2],
    ]);
  });

  it('drops inputs of A in training only', () => {
    addLora(model, { dropout: 0.5, targetModules: 'all-linear', generator: new Generator(5) });
    randomizeB(model, 'default');
    model.train();
    expect(output(model)).not.toEqual(output(model));
    model.eval();
    expect(output(model)).toEqual(output(model));
  });

  it('refuses a taken name and numbers out of range', () => {
    addLora(model, { targetModules: ['q_proj'] });
    expect(() => addLora(model, { targetModules: ['q_proj'] })).toThrow('is an adapter already');
    expect(() => addLora(model, { rank: 0, targetModules: ['q_proj'] }, 'b')).toThrow(
      'lora: rank: expected a positive integer, got 0.',
    );
    expect(() => addLora(model, { dropout: 1, targetModules: ['q_proj'] }, 'b')).toThrow(
      'lora: dropout: expected a number in [0, 1), got 1.',
    );
    expect(() => addLora(model, {}, 'b')).toThrow('has no usual ones');
  });
});

describe('several adapters', () => {
  beforeEach(() => {
    addLora(model, { targetModules: ['q_proj'], generator: new Generator(2) });
    addLora(model, { targetModules: 'all-linear', generator: new Generator(3) }, 'wide');
    randomizeB(model, 'default', 5);
    randomizeB(model, 'wide', 6);
  });

  it('leaves a later adapter inactive and frozen', () => {
    expect(adapterNames(model)).toEqual(['default', 'wide']);
    expect(activeAdapters(model)).toEqual(['default']);
    expect(model.trainableParameters()).toHaveLength(4);
    setActiveAdapters(model, ['wide']);
    expect(model.trainableParameters()).toHaveLength(8);
  });

  it('sums active ones: merged one after the other they give the same', () => {
    setActiveAdapters(model, ['default', 'wide']);
    const together = output(model);
    setActiveAdapters(model, []);
    const base = output(model);
    expect(together).not.toEqual(base);
    mergeAndRemove(model, ['default', 'wide']);
    expectClose(output(model), together, 1e-4);
    expect(adaptedLayers(model)).toEqual([]);
  });

  it('disables them in a callback, and again after a throw or a promise', async () => {
    const adapted = output(model);
    setActiveAdapters(model, []);
    const base = output(model);
    setActiveAdapters(model, 'default');
    expect(disableAdapters(model, () => output(model))).toEqual(base);
    expect(output(model)).toEqual(adapted);
    expect(() =>
      disableAdapters(model, () => {
        throw new Error('stop');
      }),
    ).toThrow('stop');
    expect(output(model)).toEqual(adapted);
    const later = disableAdapters(model, async () => {
      await Promise.resolve();
      return output(model);
    });
    expect(await later).toEqual(base);
    expect(output(model)).toEqual(adapted);
  });

  it('deletes one and frees its tensors', () => {
    const before = tf.memory().numTensors;
    setActiveAdapters(model, ['default', 'wide']);
    deleteAdapter(model, 'wide');
    expect(tf.memory().numTensors).toBe(before - 8);
    expect(adapterNames(model)).toEqual(['default']);
    expect(activeAdapters(model)).toEqual(['default']);
    expect(model.layers[0]!.downProj).toBeInstanceOf(nn.Linear); // plain again
    deleteAdapter(model, 'default');
    expect(Object.keys(Object.fromEntries(model.namedParameters()))).toEqual([
      ...Object.keys(Object.fromEntries(new Model().namedParameters())),
    ]);
  });

  it('takes any name, also one that every object has', () => {
    addLora(model, { targetModules: ['layers.0.q_proj'] }, 'constructor');
    setActiveAdapters(model, ['constructor']);
    expect(model.trainableParameters()).toHaveLength(2);
    expect(output(model)).toHaveLength(8);
    deleteAdapter(model, 'constructor');
    expect(() => addLora(model, { targetModules: ['q_proj'] }, '__proto__')).toThrow(
      'adapter: name: expected a letter or digit',
    );
  });

  it('names those that exist when one does not', () => {
    expect(() => setActiveAdapters(model, ['narrow'])).toThrow(
      'adapter: expected one of default, wide, got "narrow".',
    );
  });
});
