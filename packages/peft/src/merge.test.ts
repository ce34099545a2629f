import { Generator, nn, tf, useBackend, type Variable } from '@llm/tensor';
import * as fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  addLora,
  deleteAdapter,
  disableAdapters,
  mergeAdapter,
  mergedAdapters,
  removeAdapters,
  unmergeAdapter,
} from './index.ts';
import type { AdaptedLayer } from './index.ts';
import { expectClose, loraParts, Model, output, randomizeB } from './test/adapted-model.ts';

beforeAll(() => useBackend('cpu'));
let model: Model;
beforeEach(() => {
  model?.dispose();
  model = new Model();
});

describe('merge', () => {
  it('keeps the output, and unmerging restores the base within the reported error', () => {
    fc.assert(
      fc.property(fc.nat(99), fc.integer({ min: 1, max: 6 }), (seed, rank) => {
        const fresh = new Model(seed);
        const weights = () =>
          fresh.layers.map(({ qProj }) => [
            ...((qProj as AdaptedLayer).weight as Variable).dataSync(),
          ]);
        const before = weights().flat();
        addLora(fresh, { rank, targetModules: 'all-linear', generator: new Generator(seed) });
        randomizeB(fresh, 'default', seed);
        const separate = output(fresh);
        const report = mergeAdapter(fresh);
        expectClose(output(fresh), separate, 2e-4);
        expect(report.layers).toBe(4);
        unmergeAdapter(fresh);
        const worst = Math.max(
          ...weights()
            .flat()
            .map((value, i) => Math.abs(value - before[i]!)),
        );
        expect(worst).toBeLessThanOrEqual(report.maxRestoreError);
        expectClose(output(fresh), separate, 2e-4);
        fresh.dispose();
      }),
      { numRuns: 20 },
    );
  });

  it('refuses to merge twice, to unmerge what is not merged, and to disable what is', () => {
    addLora(model, { targetModules: ['q_proj'] });
    expect(() => unmergeAdapter(model)).toThrow('unmergeAdapter: "default" is not merged.');
    mergeAdapter(model);
    expect(mergedAdapters(model)).toEqual(['default']);
    expect(() => mergeAdapter(model)).toThrow('mergeAdapter: "default" is merged already.');
    expect(() => disableAdapters(model, () => 1)).toThrow(
      'expected no merged adapter, got default',
    );
    expect(() => deleteAdapter(model, 'default')).toThrow('is merged. Call unmergeAdapter first.');
  });

  it('changes nothing when a merged weight would not be finite', () => {
    addLora(model, { targetModules: 'all-linear' });
    const before = output(model);
    const broken = loraParts(model)[3]![1].loraB;
    nn.assignParameter(broken, tf.fill(broken.shape, NaN), 'loraB');
    expect(() => mergeAdapter(model)).toThrow('mergeAdapter: layers.1.downProj: expected finite');
    removeAdapters(model);
    expect(output(model)).toEqual(before);
  });

  it('leaks nothing', () => {
    addLora(model, { targetModules: 'all-linear' });
    const before = tf.memory().numTensors;
    mergeAdapter(model);
    unmergeAdapter(model);
    output(model);
    expect(tf.memory().numTensors).toBe(before);
  });
});
