// SmolLM2-135M-Instruct with its weights in the file's own blocks (Q4_1, Q8_0): how far its logits are from those
// of the dequantised weights in float32, beside how far llama.cpp's are (tools/fixtures/smollm2_llama_cpp.py).
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { kernelStats, memoryStats, resetKernelStats, tf, useBackend } from '@llm/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadModel } from '../checkpoint/load-model.ts';
import { saveModel } from '../checkpoint/save-model.ts';
import type { CausalLm } from './causal-lm.ts';

interface Case {
  readonly kind: string;
  readonly ids: number[];
  readonly tokens: number[];
  readonly sampled: number[];
}
interface PeerCase extends Omit<Case, 'ids'> {
  readonly maxError: number;
}

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../fixtures/${name}`, import.meta.url), 'utf8'));
const exact = read('smollm2-greedy.json') as { model: string; sampledIds: number[]; cases: Case[] };
const peer = read('smollm2-llama-cpp.json') as { cases: PeerCase[] };
const folder = process.env['LLM_MODELS'];
const path = join(folder ?? '', 'smollm2-135m-instruct', exact.model);
const PATIENCE = 600_000; // ms, for a machine without the native backend

describe.runIf(folder !== undefined && existsSync(path))('SmolLM2, quantised', () => {
  let model: CausalLm;

  beforeAll(async () => {
    await useBackend(undefined, { threads: 1 });
    model = await loadModel(path, { weights: 'quantized' });
  });
  afterAll(() => model.dispose());

  /** Logits after the last token, of the ids that the fixtures sample. */
  function sampledLogits(ids: number[]): number[] {
    const logits = tf.tidy(() => {
      const hidden = model.hiddenStates(tf.tensor2d(ids, [1, ids.length], 'int32'));
      return model.logits(tf.slice(hidden, [0, ids.length - 1, 0], [1, 1, -1])).dataSync();
    });
    return exact.sampledIds.map((id) => logits[id]!);
  }

  it('has logits no further from float32 than llama.cpp has', { timeout: PATIENCE }, () => {
    const errors = exact.cases.map(({ ids, sampled }) => {
      const logits = sampledLogits(ids);
      return Math.max(...sampled.map((value, i) => Math.abs(value - logits[i]!)));
    });
    const mean = (values: readonly number[]): number =>
      values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean(errors)).toBeLessThan(1.1 * mean(peer.cases.map(({ maxError }) => maxError)));
  });

  it('chooses the token that float32 chooses 9 times in 10', { timeout: PATIENCE }, () => {
    let same = 0;
    let all = 0;
    for (const { ids, tokens } of exact.cases) {
      const text = [...ids, ...tokens.slice(0, -1)];
      const choices = tf.tidy(() => {
        const hidden = model.hiddenStates(tf.tensor2d(text, [1, text.length], 'int32'));
        const last = tf.slice(hidden, [0, ids.length - 1, 0], [1, tokens.length, -1]);
        return tf.argMax(model.logits(last), -1).dataSync(); // [1, new tokens]
      });
      same += tokens.filter((token, i) => token === choices[i]).length;
      all += tokens.length;
    }
    expect(same / all).toBeGreaterThan(0.9);
  });

  it('holds little more than the file', () => {
    if (tf.getBackend() === 'native') expect(memoryStats().liveBytes).toBeLessThan(105e6);
  });

  it('computes without a kernel in JavaScript on the native backend', ({ skip }) => {
    if (tf.getBackend() !== 'native') skip('only the native backend counts its kernels');
    resetKernelStats();
    sampledLogits([1, 2, 3]);
    expect(kernelStats().fallback).toEqual({});
  });

  it('cannot be saved as it is', async () => {
    await expect(saveModel(model, 'never-made')).rejects.toThrow(
      "saveModel: model.embedTokens: expected float32 weights, got Q8_0. Load the model with weights: 'float32'.",
    );
  });
});
