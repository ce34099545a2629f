// Ways to combine several changes of the same weights, entry by entry.

import type { Generator } from '@llm/tensor';

export type Values = Float32Array;

/** One change and its weight in the sum. */
export interface WeightedValues {
  readonly values: Values;
  readonly weight: number;
}

/** Σ wᵢ·xᵢ (Ilharco et al. 2022, arXiv 2212.04089). */
export function weightedSum(changes: readonly WeightedValues[]): Values {
  const sum = new Float32Array(changes[0]!.values.length);
  for (const { values, weight } of changes) {
    for (let i = 0; i < sum.length; i++) sum[i]! += weight * values[i]!;
  }
  return sum;
}

/** The `density` part of the entries that are largest in size; the others become 0. */
export function pruneSmall(values: Values, density: number): Values {
  if (density >= 1) return values;
  const kept = Math.floor(density * values.length);
  const bySize = Array.from(values.keys()).sort(
    (a, b) => Math.abs(values[b]!) - Math.abs(values[a]!),
  );
  const pruned = new Float32Array(values.length);
  for (const i of bySize.slice(0, kept)) pruned[i] = values[i]!;
  return pruned;
}

/** Each entry stays with probability `density`, divided by it (DARE, Yu et al. 2023, arXiv 2311.03099). */
export function pruneRandomly(values: Values, density: number, generator: Generator): Values {
  if (density >= 1) return values;
  return values.map((value) => (generator.uniformNumber() < density ? value / density : 0));
}

/** Whether an entry's sign is that of the sum of all changes, or that of most of them. */
export type MajoritySign = 'total' | 'frequency';

/** Sums only what agrees with the majority's sign, over how many agree (TIES, Yadav et al. 2023, arXiv 2306.01708). The
 *  majority is that of the unweighted changes; at 0 it is positive. */
export function agreeingMean(
  changes: readonly WeightedValues[],
  majority: MajoritySign = 'total',
): Values {
  return changes[0]!.values.map((_, i) => {
    const votes = changes.map(({ values }) =>
      majority === 'total' ? values[i]! : Math.sign(values[i]!),
    );
    const sign = votes.reduce((sum, vote) => sum + vote, 0) >= 0 ? 1 : -1;
    const agreeing = changes.filter(({ values }) => Math.sign(values[i]!) === sign);
    const sum = agreeing.reduce((total, { values, weight }) => total + weight * values[i]!, 0);
    return sum / Math.max(agreeing.length, 1);
  });
}
