// What every backend must do with the fused operations: PyTorch's numbers, the composite's numbers,
// gradients that match finite differences, clear errors, no leaks. A backend's test file calls
// runConformance; what a backend can't do is skipped by name, with the reason and the test of what
// it does instead.
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  memoryStats,
  scope,
  useBackend,
  type BackendName,
  type BackendOptions,
} from '../../src/index.ts';
import { differentiable, type FusedCase, type Outcome } from './fused-case.ts';
import { hashed } from './hashed.ts';
import { ODD_SHAPES } from './odd-shapes.ts';
import { distance, lossAlong, outcomeOf } from './outcome.ts';
import { SPECIAL_CASES } from './special-cases.ts';
import { WRONG_CALLS } from './wrong-calls.ts';

export interface Skip {
  /** The test's name, as it is printed. */
  readonly test: string;
  readonly reason: string;
  /** The test that shows what the backend does instead. */
  readonly instead: string;
}

export interface ConformanceOptions {
  readonly backend: BackendName;
  readonly threads?: number;
  readonly instructionSet?: BackendOptions['instructionSet'];
  readonly requireGpu?: boolean;
  readonly skip?: readonly Skip[];
}

// A float32 result of a few hundred terms against double precision: √n · 2⁻²⁴ · a few.
const PYTORCH_TOLERANCE = 5e-6;
// A score of 1000 is exact to 6e-5, and that is the relative error of its exponential; sums of a few.
const EXTREME_TOLERANCE = 5e-4;
// Two float32 results that sum in different orders; the composites' erf is good to 2e-7.
const COMPOSITE_TOLERANCE = 1e-5;
// The truncation of a central difference (step²·third derivative) plus rounding ÷ step.
const DIFFERENCE_TOLERANCE = 5e-3;
const STEP = 1e-2;

const FIXTURE = new URL('../../fixtures/fused-ops.json', import.meta.url);

export function pytorchCases(): FusedCase[] {
  return (JSON.parse(readFileSync(FIXTURE, 'utf8')) as { cases: FusedCase[] }).cases;
}

export function runConformance({ backend, skip = [], ...options }: ConformanceOptions): void {
  const test = (name: string, body: () => void) =>
    it.skipIf(skip.some((skipped) => skipped.test === name))(name, body);

  describe(`fused operations on ${backend} ${options.instructionSet ?? ''}`, () => {
    const references = new Map<FusedCase, Outcome>();

    beforeAll(async () => {
      await useBackend('cpu', {});
      for (const fusedCase of ODD_SHAPES) references.set(fusedCase, outcomeOf(fusedCase));
      await useBackend(backend, options);
    }, 120_000);

    for (const fusedCase of pytorchCases()) {
      const title = `${fusedCase.op}: ${fusedCase.name}`;
      test(`${title}: PyTorch's numbers`, () => {
        const tolerance = fusedCase.isExtreme ? EXTREME_TOLERANCE : PYTORCH_TOLERANCE;
        expectOutcome(outcomeOf(fusedCase), fusedCase.expected!, tolerance);
      });
      if (fusedCase.isExtreme) continue;
      test(`${title}: gradients match finite differences`, () => {
        expectFiniteDifferences(fusedCase);
      });
      test(`${title}: leaves nothing behind`, () => {
        expectNoLeak(() => outcomeOf(fusedCase));
      });
    }
    for (const fusedCase of ODD_SHAPES) {
      test(`${fusedCase.op}: ${fusedCase.name}: the composite's numbers`, () => {
        expectOutcome(outcomeOf(fusedCase), references.get(fusedCase)!, COMPOSITE_TOLERANCE);
      });
    }
    for (const { name, call, message } of WRONG_CALLS) {
      test(`refuses: ${name}`, () => {
        expectNoLeak(() => expect(() => scope(call)).toThrow(message));
      });
    }
    for (const { name, check } of SPECIAL_CASES) test(name, check);
  });
}

function expectOutcome(actual: Outcome, expected: Outcome, tolerance: number): void {
  expect(distance(actual.output, expected.output), 'output').toBeLessThan(tolerance);
  expect(Object.keys(actual.gradients)).toEqual(Object.keys(expected.gradients));
  for (const [name, gradient] of Object.entries(expected.gradients))
    expect(distance(actual.gradients[name]!, gradient), `gradient of ${name}`).toBeLessThan(
      tolerance,
    );
}

/** Each gradient against a central difference along a random direction, which sees every element. */
function expectFiniteDifferences(fusedCase: FusedCase): void {
  const { gradients } = outcomeOf(fusedCase);
  for (const name of differentiable(fusedCase)) {
    const gradient = Array.from(gradients[name]!);
    const direction = hashed(gradient.length, 31, 1);
    const slope = gradient.reduce((sum, value, i) => sum + value * direction[i]!, 0);
    const rise =
      lossAlong(fusedCase, name, direction, STEP) - lossAlong(fusedCase, name, direction, -STEP);
    const error = Math.abs(rise / (2 * STEP) - slope) / Math.max(1, Math.abs(slope));
    expect(error, `gradient of ${name}`).toBeLessThan(DIFFERENCE_TOLERANCE);
  }
}

function expectNoLeak(run: () => unknown): void {
  run(); // the first call may make what a backend keeps for good
  const before = memoryStats();
  run();
  const after = memoryStats();
  expect(after.liveTensors).toBe(before.liveTensors);
  expect(after.liveBytes).toBe(before.liveBytes);
}
