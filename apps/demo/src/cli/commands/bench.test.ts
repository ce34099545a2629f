import { describe, expect, it } from 'vitest';
import { llm, llmJson } from '../test/run-llm.ts';
import type { StepProfile } from './bench/profile-step.ts';

const TINY = ['--layers', '1', '--hidden', '16', '--heads', '2', '--vocab-size', '31'];
const SHAPE = ['--batch', '2', '--block', '8', '--steps', '2', '--backend', 'native'];

describe('llm bench --profile', () => {
  it('says what each kernel of a step costs, and what share of the peak the step reaches', async () => {
    const step = await llmJson<StepProfile>('bench', '--profile', ...TINY, ...SHAPE);
    const linear = step.kernels.find(({ kernel }) => kernel === 'Linear')!;
    // queries, keys and values; projection; up and down: 16 rows by 16 · (48 + 16 + 64 + 64) weights
    expect(linear.calls).toBe(4);
    expect(linear.flops).toBe(2 * 16 * 16 * (48 + 16 + 64 + 64));
    expect(step.flops).toBeGreaterThan(3 * linear.flops);
    expect(step.shareOfPeak).toBeCloseTo(step.flops / step.seconds / step.machine.float32, 6);
    expect(step.shareOfProduct).toBeCloseTo(step.flops / step.seconds / step.machine.product, 6);
    expect(step.peakBytes).toBeGreaterThan(0);
  });

  it('prints a table', async () => {
    const { code, stdout } = await llm('bench', '--profile', ...TINY, ...SHAPE);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^machine: \d+ GFLOP\/s float32/);
    expect(stdout).toMatch(/^kernel +calls +ms +of step/m);
    expect(stdout).toMatch(/^AdamWStep +1 /m);
  });

  it('takes no kind', async () => {
    const { code, stderr } = await llm('bench', 'training', '--profile');
    expect(code).toBe(2);
    expect(stderr).toContain('bench: expected no KIND with --profile, got training.');
  });
});
