// Rotary positions beyond the pretraining length: how each rule changes the frequencies, and the
// factor it puts on cosines and sines. Linear (Chen et al. 2023, arXiv 2306.15595), dynamic NTK (its
// base grows with the length), YaRN (Peng et al. 2023, arXiv 2309.00071), LongRoPE (Ding et al. 2024,
// arXiv 2402.13753), Llama 3's by wavelength (Llama team 2024, arXiv 2407.21783).

/** A config's `rope_scaling`, in camelCase. */
export type RotaryScaling =
  | { readonly ropeType: 'linear'; readonly factor: number }
  | {
      readonly ropeType: 'dynamic';
      readonly factor: number;
      readonly maxPositionEmbeddings: number;
    }
  | {
      readonly ropeType: 'yarn';
      readonly factor: number;
      readonly originalMaxPositionEmbeddings: number;
      /** Dimensions that turn more often than this are kept. */
      readonly betaFast: number;
      /** Dimensions that turn less often than this are stretched. */
      readonly betaSlow: number;
      readonly attentionFactor: number;
      /** Whether the borders are rounded to whole dimensions. */
      readonly truncate: boolean;
    }
  | {
      readonly ropeType: 'longrope';
      /** One divisor for each pair of dimensions, up to the original length. */
      readonly shortFactor: readonly number[];
      /** The same beyond it. */
      readonly longFactor: readonly number[];
      readonly originalMaxPositionEmbeddings: number;
      readonly attentionFactor: number;
    }
  | {
      readonly ropeType: 'llama3';
      readonly factor: number;
      readonly lowFreqFactor: number;
      readonly highFreqFactor: number;
      readonly originalMaxPositionEmbeddings: number;
    };

/** The i-th frequency, θ^(−2i/D), rounded as PyTorch rounds it. */
const plainFrequency = (i: number, D: number, theta: number): number =>
  Math.fround(1 / Math.fround(theta ** Math.fround((2 * i) / D)));

/** What cosines and sines are multiplied by. */
export function attentionFactor(scaling: RotaryScaling | undefined): number {
  return scaling !== undefined && 'attentionFactor' in scaling ? scaling.attentionFactor : 1;
}

/** Frequencies [D/2] of a sequence of `length` tokens; only `dynamic` and `longrope` depend on it. */
export function rotaryFrequencies(
  D: number,
  theta: number,
  scaling: RotaryScaling | undefined,
  length: number,
): Float32Array {
  const base = scaling?.ropeType === 'dynamic' ? dynamicBase(D, theta, scaling, length) : theta;
  return Float32Array.from({ length: D / 2 }, (_, i) => {
    const frequency = plainFrequency(i, D, base);
    switch (scaling?.ropeType) {
      case undefined:
      case 'dynamic':
        return frequency;
      case 'linear':
        return frequency / scaling.factor;
      case 'yarn':
        return yarnFrequency(frequency, i, [D, theta], scaling);
      case 'longrope':
        return frequency / longRopeFactors(scaling, length)[i]!;
      case 'llama3':
        return llama3Frequency(frequency, scaling);
    }
  });
}

type Rule<T extends RotaryScaling['ropeType']> = Extract<RotaryScaling, { ropeType: T }>;

function dynamicBase(D: number, theta: number, rule: Rule<'dynamic'>, length: number): number {
  const { factor, maxPositionEmbeddings: most } = rule;
  const stretch = (factor * Math.max(length, most)) / most - (factor - 1);
  return theta * stretch ** (D / (D - 2));
}

const longRopeFactors = (rule: Rule<'longrope'>, length: number): readonly number[] =>
  length > rule.originalMaxPositionEmbeddings ? rule.longFactor : rule.shortFactor;

/** Between the dimension that turns betaFast times over the original length and that of betaSlow,
 *  from the plain frequency to the stretched one. */
function yarnFrequency(
  frequency: number,
  i: number,
  [D, theta]: readonly [number, number],
  { factor, betaFast, betaSlow, originalMaxPositionEmbeddings, truncate }: Rule<'yarn'>,
): number {
  const dimensionOf = (turns: number): number =>
    (D * Math.log(originalMaxPositionEmbeddings / (turns * 2 * Math.PI))) / (2 * Math.log(theta));
  const [fast, slow] = [dimensionOf(betaFast), dimensionOf(betaSlow)];
  const low = Math.max(truncate ? Math.floor(fast) : fast, 0);
  const high = Math.min(truncate ? Math.ceil(slow) : slow, D - 1);
  const width = high === low ? 0.001 : high - low;
  const stretched = Math.min(Math.max((i - low) / width, 0), 1);
  return (frequency / factor) * stretched + frequency * (1 - stretched);
}

function llama3Frequency(frequency: number, rule: Rule<'llama3'>): number {
  const { factor, lowFreqFactor, highFreqFactor, originalMaxPositionEmbeddings } = rule;
  const turns = (originalMaxPositionEmbeddings * frequency) / (2 * Math.PI);
  if (turns > highFreqFactor) return frequency; // short wavelength: kept
  if (turns < lowFreqFactor) return frequency / factor; // long wavelength: stretched
  const smooth = (turns - lowFreqFactor) / (highFreqFactor - lowFreqFactor);
  return ((1 - smooth) * frequency) / factor + smooth * frequency;
}
