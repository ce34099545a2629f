// Every processor against Transformers', alone and together (tools/fixtures/generation_processors.py).
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { processRow, samplingProcessors, scoreProcessors } from './processor-list.ts';
import type { ProcessorOptions, SamplingOptions } from './processor-options.ts';
import type { RowContext } from './processor.ts';

interface Fixture {
  readonly scores: number[];
  readonly prompt: number[];
  readonly tokens: number[];
  readonly stopTokens: number[];
  readonly cases: readonly {
    readonly options: ProcessorOptions & SamplingOptions;
    readonly limits: { readonly maxNewTokens?: number; readonly minKept?: number };
    readonly scores: (number | '-inf')[];
  }[];
}

const url = new URL('../../../fixtures/generation-processors.json', import.meta.url);
const fixture = JSON.parse(readFileSync(url, 'utf8')) as Fixture;
const row: RowContext = {
  tokens: fixture.tokens,
  promptLength: fixture.prompt.length,
  sourceTokens: fixture.prompt,
};
const limits = {
  stopTokens: fixture.stopTokens,
  maxNewTokens: 100,
  promptLength: row.promptLength,
};

function processed(options: ProcessorOptions & SamplingOptions, extra: object = {}): Float32Array {
  const scores = Float32Array.from(fixture.scores);
  const { minKept = 1, ...rest } = extra as { minKept?: number };
  const all = [
    ...scoreProcessors(options, { ...limits, ...rest }),
    ...samplingProcessors(options, minKept),
  ];
  processRow(all, scores, row);
  return scores;
}

describe('logits processors', () => {
  it.each(fixture.cases.map((item) => [JSON.stringify(item.options), item] as const))(
    'equal Transformers with %s',
    (_, { options, limits: own, scores: expected }) => {
      const got = processed(options, own);
      for (const [i, value] of expected.entries()) {
        if (value === '-inf') expect(got[i], `token ${i}`).toBe(-Infinity);
        else
          expect(Math.abs(got[i]! - value), `token ${i}`).toBeLessThan(
            1e-5 * (1 + Math.abs(value)),
          );
      }
    },
  );

  it('subtract presence once and frequency for each time a token was written, not for the prompt', () => {
    // new tokens 9 5 11 3 7: each once; 9, 5, 3 and 7 are in the prompt as well
    const got = processed({ presencePenalty: 0.5, frequencyPenalty: 0.25 });
    const twice = Float32Array.from(fixture.scores);
    processRow(scoreProcessors({ presencePenalty: 0.5, frequencyPenalty: 0.25 }, limits), twice, {
      ...row,
      tokens: [...fixture.prompt, 4, 4],
    });
    for (const [i, score] of fixture.scores.entries()) {
      const isNew = fixture.tokens.slice(fixture.prompt.length).includes(i);
      expect(got[i]).toBeCloseTo(isNew ? score - 0.75 : score, 5);
      expect(twice[i]).toBeCloseTo(i === 4 ? score - 0.5 - 2 * 0.25 : score, 5);
    }
  });

  it('add OpenAI logit biases', () => {
    const got = processed({ logitBias: { 3: -100, 5: 2 } });
    expect(got[3]).toBeCloseTo(fixture.scores[3]! - 100, 4);
    expect(got[5]).toBeCloseTo(fixture.scores[5]! + 2, 5);
  });

  it('force the first token after the decoder start, and only there', () => {
    const scores = Float32Array.from(fixture.scores);
    const first = { ...row, tokens: [0], promptLength: 1 };
    const processors = scoreProcessors({ forcedBosTokenId: 7 }, { ...limits, promptLength: 1 });
    processRow(processors, scores, first);
    expect(scores.indexOf(0)).toBe(7);
    expect(scores.filter((score) => score > -Infinity)).toHaveLength(1);
    expect(processed({ forcedBosTokenId: 7 })).toEqual(Float32Array.from(fixture.scores));
  });

  it('keep what a function allows, and say when that is nothing', () => {
    const got = processed({ allowedTokens: ({ tokens }) => [tokens.at(-1)!, 1] });
    const kept = [...got.keys()].filter((i) => got[i]! > -Infinity);
    expect(kept).toEqual([1, 7]);
    expect(() => processed({ allowedTokens: () => [] })).toThrow('expected at least one token');
  });
});
