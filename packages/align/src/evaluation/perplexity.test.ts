// Sliding windows beside Hugging Face's recipe for perplexity, run by tools/fixtures/perplexity_windows.py.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { useBackend } from '@llm/tensor';
import { loadModel } from '@llm/transformer';
import { beforeAll, describe, expect, it } from 'vitest';
import { evaluateHeldOut } from './bits-per-byte.ts';

interface Fixture {
  readonly tiny: {
    readonly ids: number[];
    readonly windows: readonly {
      readonly maxLength: number;
      readonly stride: number;
      readonly predictions: number;
      readonly nats: number;
      readonly perplexity: number;
    }[];
  };
}

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const { tiny } = JSON.parse(
  readFileSync(path('../../fixtures/perplexity-windows.json'), 'utf8'),
) as Fixture;

beforeAll(() => useBackend('cpu'));

describe('evaluateHeldOut', () => {
  it.each(tiny.windows)(
    'sums what the windows of Transformers sum: $maxLength every $stride',
    async ({ maxLength, stride, predictions, nats, perplexity }) => {
      const model = await loadModel(path('../../../transformer/fixtures/llama-tiny'));
      // The recipe's window holds the last token that it predicts; ours the tokens that are read.
      const options = { blockLength: maxLength - 1, stride };
      const result = evaluateHeldOut(model, tiny.ids, options);
      model.dispose();
      expect(result.tokens).toBe(predictions);
      expect(Math.abs(result.nats - nats) / nats).toBeLessThan(1e-5);
      expect(result.perplexity).toBeCloseTo(perplexity, 2);
    },
  );
});
