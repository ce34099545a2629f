import type { Tensor } from '@llm/tensor';
import { TrainingError } from '../errors.ts';

/** Reads named scalars; they stay the caller's. */
export function readScalars(metrics: Readonly<Record<string, Tensor>>): Record<string, number> {
  const entries = Object.entries(metrics).map(([name, tensor]) => {
    if (tensor.size !== 1) {
      throw new TrainingError(
        `train: metrics.${name}: expected a scalar, got [${tensor.shape}]. Reduce it with tf.mean.`,
      );
    }
    return [name, tensor.dataSync()[0] ?? NaN] as const;
  });
  return Object.fromEntries(entries);
}

/** Weighted means of named numbers over micro-batches. */
export class MeanMetrics {
  readonly #sums = new Map<string, { total: number; weight: number }>();

  add(metrics: Readonly<Record<string, number>>, weight: number): void {
    for (const [name, value] of Object.entries(metrics)) {
      const sum = this.#sums.get(name) ?? { total: 0, weight: 0 };
      sum.total += weight * value;
      sum.weight += weight;
      this.#sums.set(name, sum);
    }
  }

  means(): Record<string, number> {
    const entries = Array.from(this.#sums, ([name, sum]) => [name, sum.total / sum.weight]);
    return Object.fromEntries(entries) as Record<string, number>;
  }
}
