// tfjs-core 4.22's own specs, its bar for any backend: 4,232, of which it switches 5 off itself.
import { describe, expect, it } from 'vitest';
import { availableInstructionSets } from '../instruction-sets.ts';
import { runTfjsSuite, specName, summarise } from './suite-report.ts';
import WASM_FAILURES from './wasm-known-failures.json' with { type: 'json' };

const TFJS_CORE_4_22 = { specs: 4232, passed: 4227, pending: 5, failures: [] };

const INSTRUCTION_SETS = await availableInstructionSets();

describe("tfjs-core's own suite", () => {
  it.each(INSTRUCTION_SETS)('passes on native, %s', { timeout: 300_000 }, (isa) => {
    expect(runTfjsSuite('native', { LLM_NATIVE_ISA: isa })).toEqual(TFJS_CORE_4_22);
  });

  it.each(['cpu'])('passes on %s', { timeout: 300_000 }, (backend) => {
    expect(runTfjsSuite(backend)).toEqual(TFJS_CORE_4_22);
  });

  it('fails on wasm where it is known to, and nowhere else', { timeout: 300_000 }, () => {
    const { failures, passed, ...report } = runTfjsSuite('wasm');
    const known = Object.values(WASM_FAILURES).flat();
    // One that passes now leaves the list.
    expect(failures.map(specName).sort()).toEqual(known.sort());
    expect(report).toEqual({ specs: 4232, pending: 5 });
    expect(passed).toBe(4227 - known.length);
  });

  it('names each failing spec with its first message', () => {
    const failing = {
      name: 'add broadcasts',
      status: 'failed',
      messages: ['3 is not 4', 'more'],
    } as const;
    const passing = { name: 'add scalars', status: 'passed', messages: [] } as const;
    const report = summarise({ outcomes: [failing, passing], overall: ['afterAll threw'] });
    expect(report.failures).toEqual(['add broadcasts: 3 is not 4', 'afterAll threw']);
    expect(report).toMatchObject({ specs: 2, passed: 1, pending: 0 });
  });
});
