// Rotary positions beyond the pretraining length: the scaling rules of config.json's `rope_scaling`
// (Transformers 5: `rope_parameters`). The formulas are `rotaryTables`'s.
import type { RotaryScaling } from '@llm/tensor';
import { ConfigError } from '../errors.ts';

/** Reads camelCase fields; null for plain rotary positions. */
export function readRopeScaling(input: Readonly<Record<string, unknown>>): RotaryScaling | null {
  const ropeType = input['ropeType'] ?? input['type'] ?? 'default';
  switch (ropeType) {
    case 'default':
      return null;
    case 'linear':
      return { ropeType: 'linear', factor: positiveNumber(input, 'factor') };
    case 'llama3':
      return {
        ropeType: 'llama3',
        factor: positiveNumber(input, 'factor'),
        lowFreqFactor: positiveNumber(input, 'lowFreqFactor'),
        highFreqFactor: positiveNumber(input, 'highFreqFactor'),
        originalMaxPositionEmbeddings: positiveNumber(input, 'originalMaxPositionEmbeddings'),
      };
    default:
      throw new ConfigError(
        `ropeScaling: ropeType: expected default, linear or llama3, got ${JSON.stringify(ropeType)}. Choose a checkpoint without it.`,
      );
  }
}

function positiveNumber(input: Readonly<Record<string, unknown>>, key: string): number {
  const value = input[key];
  if (typeof value === 'number' && value > 0) return value;
  throw new ConfigError(
    `ropeScaling: ${key}: expected a positive number, got ${JSON.stringify(value)}. Correct config.json.`,
  );
}
