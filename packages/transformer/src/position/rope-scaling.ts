// Rotary positions beyond the pretraining length: the scaling rules of config.json's `rope_scaling`
// (Transformers 5: `rope_parameters`). The formulas are `rotaryTables`'s.
import type { RotaryScaling } from '@llm/tensor';
import { ConfigError } from '../errors.ts';

type Input = Readonly<Record<string, unknown>>;

/** Reads camelCase fields; null for plain rotary positions. `maxPositionEmbeddings` is the model's. */
export function readRopeScaling(
  input: Input,
  maxPositionEmbeddings?: number,
): RotaryScaling | null {
  const ropeType = input['ropeType'] ?? input['type'] ?? 'default';
  switch (ropeType) {
    case 'default':
      return null;
    case 'linear':
      return { ropeType: 'linear', factor: positiveNumber(input, 'factor') };
    case 'dynamic':
      return {
        ropeType: 'dynamic',
        factor: positiveNumber(input, 'factor'),
        maxPositionEmbeddings: positiveNumber({ maxPositionEmbeddings }, 'maxPositionEmbeddings'),
      };
    case 'yarn':
      return yarn(input, maxPositionEmbeddings);
    case 'longrope':
    case 'su': // its name in Phi-3's first checkpoints
      return longRope(input, maxPositionEmbeddings);
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
        `ropeScaling: ropeType: expected default, linear, dynamic, yarn, longrope or llama3, got ${JSON.stringify(ropeType)}. Choose a checkpoint without it.`,
      );
  }
}

function yarn(input: Input, maxPositionEmbeddings: number | undefined): RotaryScaling {
  const original = originalLength(input, maxPositionEmbeddings);
  const factor = factorOf(input, original, maxPositionEmbeddings);
  return {
    ropeType: 'yarn',
    factor,
    originalMaxPositionEmbeddings: original,
    betaFast: optionalNumber(input, 'betaFast') ?? 32,
    betaSlow: optionalNumber(input, 'betaSlow') ?? 1,
    attentionFactor: optionalNumber(input, 'attentionFactor') ?? yarnAttentionFactor(input, factor),
    truncate: input['truncate'] !== false,
  };
}

/** 0.1·ln(factor) + 1, or DeepSeek's ratio of two such numbers. */
function yarnAttentionFactor(input: Input, factor: number): number {
  const amplitude = (m: number): number => (factor <= 1 ? 1 : 0.1 * m * Math.log(factor) + 1);
  const [mscale, ofAll] = ['mscale', 'mscaleAllDim'].map((key) => optionalNumber(input, key));
  return mscale && ofAll ? amplitude(mscale) / amplitude(ofAll) : amplitude(1);
}

function longRope(input: Input, maxPositionEmbeddings: number | undefined): RotaryScaling {
  const original = originalLength(input, maxPositionEmbeddings);
  const factor = factorOf({ [ORIGINAL]: original, ...input }, original, maxPositionEmbeddings);
  const plain = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(original));
  return {
    ropeType: 'longrope',
    shortFactor: numbers(input, 'shortFactor'),
    longFactor: numbers(input, 'longFactor'),
    originalMaxPositionEmbeddings: original,
    attentionFactor: optionalNumber(input, 'attentionFactor') ?? plain,
  };
}

const originalLength = (input: Input, maxPositionEmbeddings: number | undefined): number =>
  positiveNumber({ originalMaxPositionEmbeddings: maxPositionEmbeddings, ...input }, ORIGINAL);

const ORIGINAL = 'originalMaxPositionEmbeddings';

/** Stated, or how much longer the model is than it was first trained for. */
function factorOf(input: Input, original: number, most: number | undefined): number {
  const implied = input[ORIGINAL] === undefined ? undefined : (most ?? 0) / original;
  return optionalNumber(input, 'factor') ?? positiveNumber({ factor: implied }, 'factor');
}

function optionalNumber(input: Input, key: string): number | undefined {
  return input[key] === undefined || input[key] === null ? undefined : positiveNumber(input, key);
}

function positiveNumber(input: Input, key: string): number {
  const value = input[key];
  if (typeof value === 'number' && value > 0) return value;
  throw wrong(key, 'a positive number', value);
}

function numbers(input: Input, key: string): number[] {
  const value: unknown = input[key];
  if (Array.isArray(value) && value.every((x): x is number => typeof x === 'number' && x > 0))
    return value;
  throw wrong(key, 'a list of positive numbers', value);
}

function wrong(key: string, expected: string, got: unknown): ConfigError {
  return new ConfigError(
    `ropeScaling: ${key}: expected ${expected}, got ${JSON.stringify(got)}. Correct config.json.`,
  );
}
