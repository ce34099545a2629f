// Several PEFT adapters on one base: combined, mixed in one batch, rescaled, swapped (tools/fixtures/peft_several.py).
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Generator, tf, useBackend } from '@llm/tensor';
import { generate, loadModel, type CausalLm } from '@llm/transformer';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  activeAdapters,
  adapterNames,
  addLora,
  addWeightedAdapter,
  deleteAdapter,
  disableAdapters,
  loadAdapter,
  mergeAdapter,
  setActiveAdapters,
  setAdapterScale,
  swapAdapter,
  withRowAdapters,
  type WeightedAdapterOptions,
} from '../index.ts';

const fixtures = new URL('../../fixtures/', import.meta.url).pathname;
interface Combined {
  readonly options: {
    combination_type: WeightedAdapterOptions['combinationType'];
    svd_rank?: number;
    density?: number;
    majority_sign_method?: 'frequency';
  };
  readonly logits: number[];
}
const golden = JSON.parse(await readFile(join(fixtures, 'several', 'outputs.json'), 'utf8')) as {
  ids: number[][];
  rows: string[];
  weights: [number, number];
  mixed: number[];
  scaled: number[];
  combined: Record<string, Combined>;
};

let model: CausalLm;
beforeAll(() => useBackend('native'));
beforeEach(async () => {
  model = (await loadModel(join(fixtures, 'llama'))).eval();
  for (const name of ['a', 'b']) await loadAdapter(model, join(fixtures, 'several', name), name);
});
afterEach(() => model.dispose());

const logits = (rows = golden.ids) =>
  tf.tidy(() => [...model.forward(tf.tensor2d(rows, undefined, 'int32')).dataSync()]);

/** Of the largest value. */
function expectLogits(got: number[], expected: number[], tolerance = 3e-5): void {
  const scale = Math.max(...expected.map(Math.abs));
  const worst = Math.max(...expected.map((value, i) => Math.abs(value - got[i]!)));
  expect(worst / scale).toBeLessThan(tolerance);
}

describe('a batch with an adapter for each row', () => {
  it("gives PEFT's logits, and each row its own", () => {
    const mixed = withRowAdapters(model, golden.rows, () => logits());
    expectLogits(mixed, golden.mixed);
    const perRow = mixed.length / golden.rows.length;
    for (const [i, name] of golden.rows.entries()) {
      setActiveAdapters(model, name === '__base__' ? [] : name);
      expectLogits(mixed.slice(i * perRow, (i + 1) * perRow), logits([golden.ids[i]!]));
    }
  });

  it('writes for each row what its adapter alone writes, beams, too', async () => {
    for (const options of [{ maxNewTokens: 12 }, { maxNewTokens: 5, numBeams: 3 }]) {
      const prompts = golden.ids.map((ids, i) => ids.slice(i % 2)); // with padding
      const mixed = await withRowAdapters(model, golden.rows, () =>
        generate(model, prompts, options),
      );
      for (const [i, name] of golden.rows.entries()) {
        setActiveAdapters(model, name === '__base__' ? [] : name);
        const alone = await generate(model, [prompts[i]!], options);
        expect(mixed.sequences[i]).toEqual(alone.sequences[0]);
      }
    }
  });

  it('ends with the call, and leaves none on in disableAdapters', () => {
    const before = logits();
    const base = disableAdapters(model, () => logits());
    withRowAdapters(model, golden.rows, () => {
      expect(disableAdapters(model, () => logits())).toEqual(base);
    });
    expect(logits()).toEqual(before);
  });

  it('refuses unknown names, other numbers of rows and merged adapters', () => {
    expect(() => withRowAdapters(model, ['c'], () => 1)).toThrow('expected one of a, b, got "c"');
    expect(() => withRowAdapters(model, ['a', 'b', 'a'], () => logits())).toThrow(
      'withRowAdapters: names: expected as many as the batch has rows, 4, or a divisor, got 3.',
    );
    mergeAdapter(model, 'a');
    expect(() => withRowAdapters(model, ['b'], () => 1)).toThrow('got a. Call unmergeAdapter');
  });
});

describe('addWeightedAdapter', () => {
  const weights = { a: golden.weights[0], b: golden.weights[1] };

  it.each(Object.entries(golden.combined))('gives the logits of PEFT: %s', (_name, combined) => {
    const { combination_type: combinationType, svd_rank, density } = combined.options;
    addWeightedAdapter(model, 'both', {
      ...{ weights, combinationType, majoritySign: combined.options.majority_sign_method },
      ...(svd_rank !== undefined && { svdRank: svd_rank }),
      ...(density !== undefined && { density }),
    });
    expect(activeAdapters(model)).toEqual(['a']);
    setActiveAdapters(model, 'both');
    expectLogits(logits(), combined.logits, 1e-4);
  });

  it.each(['dare_linear', 'dare_ties', 'dare_linear_svd', 'dare_ties_svd'] as const)(
    'of type %s follows its generator, and keeps all at density 1',
    (combinationType) => {
      const make = (name: string, seed: number, density: number) => {
        const generator = new Generator(seed);
        addWeightedAdapter(model, name, { weights, combinationType, density, generator });
        setActiveAdapters(model, name);
        return logits();
      };
      const one = make('one', 1, 0.5);
      expect(make('again', 1, 0.5)).toEqual(one);
      expect(make('other', 2, 0.5)).not.toEqual(one);
      if (combinationType === 'dare_linear') {
        expectLogits(make('all', 1, 1), golden.combined.linear!.logits);
      }
    },
  );

  it('is exact by cat: the weighted sum of both', () => {
    addWeightedAdapter(model, 'both', { weights, combinationType: 'cat' });
    setActiveAdapters(model, 'both');
    const combined = logits();
    setAdapterScale(model, 'a', weights.a);
    setAdapterScale(model, 'b', weights.b);
    setActiveAdapters(model, ['a', 'b']);
    expectLogits(logits(), combined);
  });

  it('names what it cannot combine', () => {
    const add = (
      options: Omit<WeightedAdapterOptions, 'weights'>,
      with_: Record<string, number> = weights,
    ) => addWeightedAdapter(model, 'both', { weights: with_, ...options });
    expect(() => add({ combinationType: 'ties' })).toThrow(
      'addWeightedAdapter: density: expected a number in (0, 1] for ties, got undefined.',
    );
    addLora(model, { rank: 5, useDora: true }, 'dora');
    addLora(model, { rank: 5 }, 'wide');
    expect(() => add({}, { ...weights, dora: 1 })).toThrow('dora: expected LoRA without DoRA');
    expect(() => add({ combinationType: 'linear' }, { ...weights, wide: 1 })).toThrow(
      'expected cat or svd for ranks 3, 3, 5, got linear',
    );
    expect(() => addWeightedAdapter(model, 'a', { weights })).toThrow('is an adapter already');
  });
});

describe('setAdapterScale', () => {
  it("gives PEFT's logits, and 0 the base's", () => {
    setAdapterScale(model, 'a', 0.25);
    expectLogits(logits(), golden.scaled);
    setAdapterScale(model, 'a', 0);
    expectLogits(
      logits(),
      disableAdapters(model, () => logits()),
    );
  });
});

describe('swapAdapter', () => {
  it('puts another adapter in the place of one, active as that was', async () => {
    setActiveAdapters(model, 'b');
    const b = logits();
    setActiveAdapters(model, 'a');
    deleteAdapter(model, 'b');
    const tensors = tf.memory().numTensors;
    await swapAdapter(model, join(fixtures, 'several', 'b'), 'a');
    expect(activeAdapters(model)).toEqual(['a']);
    expect(adapterNames(model)).toEqual(['a']);
    expectLogits(logits(), b);
    expect(tf.memory().numTensors).toBe(tensors); // the same number of layers
  });

  it('leaves the old one when the new one is damaged', async () => {
    const before = logits();
    await expect(swapAdapter(model, join(fixtures, 'nowhere'), 'a')).rejects.toThrow('ENOENT');
    await expect(swapAdapter(model, join(fixtures, 'gpt2', 'wide'), 'a')).rejects.toThrow(
      'Near names',
    );
    expect(logits()).toEqual(before);
    expect(adapterNames(model)).toEqual(['a', 'b']);
  });
});
