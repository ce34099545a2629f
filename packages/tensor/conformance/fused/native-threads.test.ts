// On native every fused operation gives the same bits for every thread count, forwards and backwards.
import { expect, it } from 'vitest';
import { useBackend } from '../../src/index.ts';
import type { FusedCase, Outcome } from './fused-case.ts';
import { LARGE_SHAPES, ODD_SHAPES } from './odd-shapes.ts';
import { outcomeOf } from './outcome.ts';

const CASES = [...LARGE_SHAPES, ...ODD_SHAPES.filter(({ op }) => op === 'attention')];

it('gives the same bits for 1, 2 and 3 threads', async () => {
  const one = await outcomesWith(1);
  for (const threads of [2, 3]) {
    const more = await outcomesWith(threads);
    for (const [fusedCase, outcome] of more) {
      const what = `${fusedCase.op}: ${fusedCase.name}, ${threads} threads`;
      expect(bitsOf(outcome), what).toEqual(bitsOf(one.get(fusedCase)!));
    }
  }
  await useBackend('native');
}, 180_000);

async function outcomesWith(threads: number): Promise<Map<FusedCase, Outcome>> {
  const report = await useBackend('native', { threads });
  expect(report.threads).toBe(threads);
  return new Map(CASES.map((fusedCase) => [fusedCase, outcomeOf(fusedCase)]));
}

/** Base64 of the bytes: −0 and NaN payloads count too. */
function bitsOf({ output, gradients }: Outcome): string[] {
  return [output, ...Object.values(gradients)].map((values) =>
    Buffer.from(Float32Array.from(values).buffer).toString('base64'),
  );
}
