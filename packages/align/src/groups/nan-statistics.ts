// Means and deviations that pass over NaN, as torch.nanmean and TRL's nanstd.

export function nanMean(values: readonly number[]): number {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.reduce((sum, value) => sum + value, 0) / known.length; // NaN for none
}

/** Unbiased (n − 1); NaN for fewer than two values. */
export function nanStd(values: readonly number[]): number {
  const known = values.filter((value) => !Number.isNaN(value));
  if (known.length < 2) return NaN;
  const mean = nanMean(known);
  const squares = known.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (known.length - 1));
}
