// How adapters begin: which distributions, and what they leave unchanged.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Generator, nn, tf, useBackend, type Variable } from '@llm/tensor';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addLora, loadAdapter, mergeAndRemove, saveAdapter, type LoraInit } from '../index.ts';
import { expectClose, loraParts, Model, output, shakeAdapter } from '../test/adapted-model.ts';

beforeAll(() => useBackend('native'));
let model: Model;
beforeEach(() => {
  model?.dispose();
  model = new Model();
});

const deviation = (x: Variable) => Math.sqrt(tf.mean(tf.square(x)).dataSync()[0]!);

describe('init', () => {
  it.each<LoraInit>(['gaussian', 'pissa', 'pissa_niter_8', 'olora'])(
    "'%s' changes no output at first",
    (init) => {
      const before = output(model);
      addLora(model, { rank: 2, alpha: 5, init, targetModules: 'all-linear' });
      expectClose(output(model), before, 1e-5);
      mergeAndRemove(model);
      expectClose(output(model), before, 1e-5);
    },
  );

  it("'gaussian' draws A with deviation 1/R; false and 'orthogonal' change the output", () => {
    class Wide extends nn.Module {
      proj = new nn.Linear(400, 300, { generator: new Generator(1) });
    }
    const wide = new Wide();
    addLora(wide, { rank: 4, init: 'gaussian', targetModules: ['proj'] }, 'gaussian');
    addLora(wide, { rank: 4, init: false, targetModules: ['proj'] }, 'random');
    addLora(wide, { rank: 4, init: 'orthogonal', targetModules: ['proj'] }, 'orthogonal');
    const part = (name: string) => loraParts(wide, name)[0]![1];
    expect(deviation(part('gaussian').loraA)).toBeCloseTo(1 / 4, 1);
    // uniform within ±b has deviation b/√3: b = 1/√400 for A, 1/√4 for B
    expect(deviation(part('random').loraA)).toBeCloseTo(1 / 20 / Math.sqrt(3), 2);
    expect(deviation(part('random').loraB)).toBeCloseTo(1 / 2 / Math.sqrt(3), 1);
    // A's columns combine odd rows of an orthogonal matrix, B's even ones: B·A is 0
    expect(deviation(part('orthogonal').delta() as Variable)).toBeLessThan(1e-6);
    expect(deviation(part('orthogonal').loraA)).toBeGreaterThan(0.01);
  });

  it.each([false, true])(
    'of a randomised kind is saved as a plain adapter of twice the rank, rsLoRA %s',
    async (useRslora) => {
      const options = { alpha: 5, useRslora, rankPattern: { down_proj: 1 } };
      addLora(model, { rank: 2, init: 'pissa_niter_4', targetModules: 'all-linear', ...options });
      shakeAdapter(model);
      const expected = output(model);
      const directory = await mkdtemp(join(tmpdir(), 'pissa-'));
      try {
        await saveAdapter(model, directory);
        const fresh = new Model();
        await loadAdapter(fresh, directory);
        expectClose(output(fresh), expected, 1e-5);
        expect(loraParts(fresh).map(([, { rank }]) => rank)).toEqual([4, 2, 4, 2]);
        fresh.dispose();
      } finally {
        await rm(directory, { recursive: true });
      }
    },
  );

  it('names what a weight or another option does not allow', () => {
    const add = (options: object) => () =>
      addLora(model, { targetModules: 'all-linear', ...options });
    const before = tf.memory().numTensors;
    expect(add({ rank: 4, init: 'pissa' })).toThrow(
      "lora: rank: expected at most 3 for layers.0.q_proj with init 'pissa', got 4.",
    );
    expect(add({ useDora: true, init: 'olora' })).toThrow(
      "useDora: expected false with init 'olora'",
    );
    expect(add({ rank: 3, init: 'orthogonal' })).toThrow(
      "rank: expected even with init 'orthogonal'",
    );
    expect(add({ init: 'svd' })).toThrow("init: expected true, false, 'gaussian'");
    expect(add({ modulesToSave: ['lm_heda'] })).toThrow('Near names: lm_head,');
    expect(tf.memory().numTensors).toBe(before);
  });
});
