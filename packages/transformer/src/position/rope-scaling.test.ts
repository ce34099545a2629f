import { readFileSync } from 'node:fs';
import { rotaryTables, tf, useBackend } from '@llm/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { camelKeys } from '../config/case.ts';
import { readRopeScaling } from './rope-scaling.ts';

interface Case {
  readonly rope: Readonly<Record<string, unknown>>;
  readonly length: number;
  readonly theta: number;
  readonly headDim: number;
  readonly maxPositionEmbeddings: number;
  readonly frequencies: number[];
  readonly attentionFactor: number;
}

const url = new URL('../../fixtures/rope-scaling.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(url, 'utf8')) as { cases: Case[] };

beforeAll(() => useBackend('cpu'));

describe('rope scaling', () => {
  it.each(cases)('equals Transformers: $rope.rope_type at $length tokens', (example) => {
    const { rope, length, theta, headDim, maxPositionEmbeddings, frequencies } = example;
    const scaling = readRopeScaling(camelKeys(rope), maxPositionEmbeddings)!;
    const { cos, sin } = rotaryTables(headDim, 2, theta, { scaling, length });
    const [cosines, sines] = [cos.dataSync(), sin.dataSync()];
    const half = headDim / 2;
    for (const [i, frequency] of frequencies.entries()) {
      // Row 1 holds position 1: the frequencies themselves, times the factor.
      expect(cosines[half + i]).toBeCloseTo(example.attentionFactor * Math.cos(frequency), 6);
      expect(sines[half + i]).toBeCloseTo(example.attentionFactor * Math.sin(frequency), 6);
    }
    tf.dispose([cos, sin]);
  });

  it('names the rules it knows', () => {
    expect(() => readRopeScaling({ ropeType: 'spiral' })).toThrow(
      'expected default, linear, dynamic, yarn, longrope or llama3, got "spiral"',
    );
    expect(() => readRopeScaling({ ropeType: 'longrope', shortFactor: 1 }, 8)).toThrow(
      'shortFactor: expected a list of positive numbers, got 1',
    );
  });
});
