import { describe, expect, it } from 'vitest';
import { quantizedLinear, QuantizedWeight, tf, useBackend } from '../../src/index.ts';
import { hashed } from '../fused/hashed.ts';
import { availableInstructionSets } from '../instruction-sets.ts';
import { randomBlocks } from './random-blocks.ts';
import { runInt8 } from './run-int8.ts';
import { runQuantizedLoss } from './run-quantized-loss.ts';
import { runQuantized } from './run-quantized.ts';

for (const instructionSet of await availableInstructionSets()) {
  runQuantized('native', { instructionSet });
  runInt8('native', { instructionSet });
}

runQuantizedLoss('native');

describe('quantizedLinear on native', () => {
  it.each(['Q4_1', 'Q6_K', 'BF16'] as const)(
    'has the same bits for 1, 2 and 3 threads: %s',
    async (type) => {
      const results: Uint8Array[] = [];
      for (const threads of [1, 2, 3]) {
        await useBackend('native', { threads });
        using weight = new QuantizedWeight(type, [500, 512], randomBlocks(type, 500, 512));
        const y = quantizedLinear(tf.tensor2d(hashed(3 * 512, 5, 1), [3, 512]), weight);
        results.push(new Uint8Array((y.dataSync() as Float32Array).buffer));
      }
      expect(results[1]).toEqual(results[0]);
      expect(results[2]).toEqual(results[0]);
    },
  );
});
