import type { Tensor } from '@llm/tensor';
import { TrainingError } from '../errors.ts';

/** Weighted means of named scalars over micro-batches. */
export class MeanMetrics {
  readonly #sums = new Map<string, { total: number; weight: number }>();

  /** Reads the scalars; they stay the caller's. */
  add(metrics: Readonly<Record<string, Tensor>>, weight: number): void {
    for (const [name, tensor] of Object.entries(metrics)) {
      if (tensor.size !== 1) {
        throw new TrainingError(
          `train: metrics.${name}: expected a scalar, got [${tensor.shape}]. Reduce it with tf.mean.`,
        );
      }
      const sum = this.#sums.get(name) ?? { total: 0, weight: 0 };
      sum.total += weight * (tensor.dataSync()[0] ?? NaN);
      sum.weight += weight;
      this.#sums.set(name, sum);
    }
  }

  means(): Record<string, number> {
    const entries = Array.from(this.#sums, ([name, sum]) => [name, sum.total / sum.weight]);
    return Object.fromEntries(entries) as Record<string, number>;
  }
}
