import { afterEach, describe, expect, it, vi } from 'vitest';
import { inspectBackends, scope, tf, useBackend, type BackendName } from '../index.ts';

afterEach(() => vi.unstubAllEnvs());

describe('useBackend', () => {
  it.each(['cpu', 'wasm'] as const)('starts %s and differentiates on it', async (name) => {
    const report = await useBackend(name);
    expect(report.backend).toBe(name);
    expect(report.ladder.find(({ backend }) => backend === name)?.status).toBe('chosen');
    expect(tf.getBackend()).toBe(name);
    // d/dx sum(x^2) = 2x
    const dx = tf.tidy(() => tf.grad((x) => tf.sum(tf.square(x)))(tf.tensor1d([1, -3])));
    expect(Array.from(dx.dataSync())).toEqual([2, -6]);
    dx.dispose();
  });

  it('climbs to the best rung and says why the better ones were passed over', async () => {
    vi.stubEnv('LLM_BACKEND', '');
    const { ladder, backend, threads } = await useBackend();
    const index = ladder.findIndex((rung) => rung.status === 'chosen');
    expect(ladder[index]?.backend).toBe(backend);
    expect(threads).toBeGreaterThan(0);
    for (const rung of ladder.slice(0, index)) expect(rung.status).toBe('unavailable');
    expect(ladder[0]?.reason).toBe('the optional peer @tensorflow/tfjs-node-gpu is not installed');
    for (const rung of ladder.slice(index + 1)) expect(rung.status).toBe('not tried');
  });

  it('obeys LLM_BACKEND', async () => {
    vi.stubEnv('LLM_BACKEND', 'cpu');
    expect(await useBackend()).toMatchObject({ backend: 'cpu', reason: 'LLM_BACKEND=cpu' });
  });

  it('names the backends when asked for one that does not exist', async () => {
    await expect(useBackend('gpu' as BackendName)).rejects.toThrow(
      'useBackend: name: expected one of tfjs-node-gpu, native, tfjs-node, wasm, cpu, meta, got gpu.',
    );
  });

  it('refuses a backend whose peer is missing, with the reason', async () => {
    await expect(useBackend('tfjs-node')).rejects.toThrow(
      'the optional peer @tensorflow/tfjs-node is not installed',
    );
  });

  it('refuses a thread count that is not a positive integer', async () => {
    await expect(useBackend('cpu', { threads: 0 })).rejects.toThrow(
      'useBackend: threads: expected',
    );
  });
});

describe('inspectBackends', () => {
  it('lists all rungs and leaves the current backend alone', async () => {
    await useBackend('cpu');
    const rungs = await inspectBackends();
    expect(rungs.map(({ backend }) => backend)).toEqual([
      'tfjs-node-gpu',
      'native',
      'tfjs-node',
      'wasm',
      'cpu',
    ]);
    expect(tf.getBackend()).toBe('cpu');
  });
});

describe('scope', () => {
  it('frees what was made, also what a tape saved, when the function throws', async () => {
    await useBackend('cpu');
    const x = tf.tensor1d([1, 2]);
    const before = tf.memory().numTensors;
    const failing = () =>
      tf.grad((y) => {
        tf.mul(tf.exp(y), tf.square(y));
        throw new Error('boom');
      })(x);
    expect(() => scope(failing)).toThrow('boom');
    expect(tf.memory().numTensors).toBe(before);
    expect(scope(() => tf.add(tf.exp(x), 1)).shape).toEqual([2]);
    expect(tf.memory().numTensors).toBe(before + 1);
  });
});
