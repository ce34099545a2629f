// Rotary positions in a GGUF file: `rope.*` keys, and tensors of factors by which frequencies are divided.
import type { RotaryScaling } from '@llm/tensor';
import { ConfigError } from '../errors.ts';
import type { RotaryOptions } from '../position/rotary-embedding.ts';
import { expectForGguf, float32, type GgufConfig } from './entries.ts';
import type { GgufHeader } from './metadata.ts';

type RopeConfig = Pick<GgufConfig, 'entries'> & { readonly factors: Record<string, number[]> };

const FREQS = 'rope_freqs.weight';
const LONG = 'rope_factors_long.weight';
const SHORT = 'rope_factors_short.weight';

/** Tensors that hold no parameters. */
export const FACTOR_TENSORS: readonly string[] = [FREQS, LONG, SHORT];

/** Keys and tensors of a rotary rule. Throws ConfigError for one that a GGUF file cannot state. */
export function ropeToGguf({ headDim, theta, scaling }: RotaryOptions): RopeConfig {
  const entries = { 'rope.dimension_count': headDim, 'rope.freq_base': float32(theta) };
  if (scaling === null) return { entries, factors: {} };
  switch (scaling.ropeType) {
    case 'linear':
      return { entries: { ...entries, ...scalingKeys('linear', scaling.factor) }, factors: {} };
    case 'yarn':
      expectForGguf(isPlainYarn(scaling), 'yarn', 'ropeScaling', 'the default betas and amplitude');
      return {
        entries: {
          ...entries,
          ...scalingKeys('yarn', scaling.factor),
          'rope.scaling.original_context_length': scaling.originalMaxPositionEmbeddings,
        },
        factors: {},
      };
    case 'llama3':
      return { entries, factors: { [FREQS]: llama3Factors(headDim, theta, scaling) } };
    case 'longrope':
      return {
        entries: {
          ...entries,
          'rope.scaling.original_context_length': scaling.originalMaxPositionEmbeddings,
          'rope.scaling.attn_factor': float32(scaling.attentionFactor),
        },
        factors: { [LONG]: [...scaling.longFactor], [SHORT]: [...scaling.shortFactor] },
      };
    case 'dynamic':
      throw new ConfigError(
        'saveGguf: ropeScaling: expected linear, yarn, llama3 or longrope, got dynamic, which a GGUF ' +
          'file cannot state. Save a Hugging Face folder instead.',
      );
  }
}

const scalingKeys = (type: string, factor: number) => ({
  'rope.scaling.type': type,
  'rope.scaling.factor': float32(factor),
});

type Rule<T> = Extract<RotaryScaling, { readonly ropeType: T }>;

function isPlainYarn({ betaFast, betaSlow, factor, attentionFactor }: Rule<'yarn'>): boolean {
  const usual = factor <= 1 ? 1 : 0.1 * Math.log(factor) + 1;
  return betaFast === 32 && betaSlow === 1 && Math.abs(attentionFactor - usual) < 1e-6;
}

/** Llama 3.1: long waves are divided by `factor`, short ones by 1, those between by a blend. */
function llama3Factors(
  headDim: number,
  theta: number,
  rule: Omit<Rule<'llama3'>, 'ropeType'>,
): number[] {
  const { factor, lowFreqFactor, highFreqFactor, originalMaxPositionEmbeddings: length } = rule;
  return Array.from({ length: headDim / 2 }, (_, i) => {
    const wavelength = 2 * Math.PI * theta ** ((2 * i) / headDim);
    if (wavelength < length / highFreqFactor) return 1;
    if (wavelength > length / lowFreqFactor) return factor;
    const share = (length / wavelength - lowFreqFactor) / (highFreqFactor - lowFreqFactor);
    return 1 / ((1 - share) / factor + share);
  });
}

/** The rule in Transformers' fields (`ropeParameters`). */
export function ropeFromGguf(header: GgufHeader, headDim: number): Record<string, unknown> {
  const ropeTheta = header.optional('rope.freq_base') ?? 10000;
  return { ropeTheta, ...scalingFromGguf(header, { headDim, theta: ropeTheta }) };
}

function scalingFromGguf(
  header: GgufHeader,
  rope: { readonly headDim: number; readonly theta: number },
): Record<string, unknown> {
  const { all, short, long } = header.factors;
  const original = header.optional('rope.scaling.original_context_length');
  if (all !== undefined) return factorsRule(all, rope, header.number('context_length'));
  if (short !== undefined && long !== undefined) {
    return longRopeRule(header, { shortFactor: short, longFactor: long });
  }
  const ropeType = header.value('rope.scaling.type');
  if (ropeType === undefined || ropeType === 'none') return { ropeType: 'default' };
  const factor = header.number('rope.scaling.factor');
  if (original === undefined) return { ropeType, factor };
  return { ropeType, factor, originalMaxPositionEmbeddings: original };
}

function longRopeRule(
  header: GgufHeader,
  factors: { readonly shortFactor: readonly number[]; readonly longFactor: readonly number[] },
): Record<string, unknown> {
  const context = header.number('context_length');
  const original = header.optional('rope.scaling.original_context_length') ?? context;
  const amplitude = header.optional('rope.scaling.attn_factor');
  const rule = { ropeType: 'longrope', ...factors, originalMaxPositionEmbeddings: original };
  // The file rounds it; where it is the usual one, the exact number follows from the lengths.
  const usual = Math.sqrt(1 + Math.log(context / original) / Math.log(original));
  const isUsual = amplitude === undefined || Math.abs(amplitude - usual) < 1e-5;
  return isUsual ? rule : { ...rule, attentionFactor: amplitude };
}

/** What Llama 3.1 and 3.2 were made with; the file holds only the outcome. */
const LLAMA3 = { lowFreqFactor: 1, highFreqFactor: 4, originalMaxPositionEmbeddings: 8192 };

/** Llama 3's rule where it gives these factors, else the factors themselves. */
function factorsRule(
  factors: readonly number[],
  { headDim, theta }: { readonly headDim: number; readonly theta: number },
  contextLength: number,
): Record<string, unknown> {
  const rule = { ...LLAMA3, factor: Math.max(...factors) };
  const expected = llama3Factors(headDim, theta, rule);
  const isLlama3 = expected.every((x, i) => Math.abs(x - (factors[i] ?? NaN)) <= 1e-5 * x);
  if (isLlama3) return { ropeType: 'llama3', ...rule };
  return {
    ropeType: 'longrope',
    shortFactor: factors,
    longFactor: factors,
    originalMaxPositionEmbeddings: contextLength,
    attentionFactor: 1,
  };
}
