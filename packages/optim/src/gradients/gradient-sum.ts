// Gradient accumulation: Σ weight·grad and Σ weight over micro-batches. With weight = the number of tokens that a
// micro-batch's mean loss was taken over, (Σ weight·grad) / Σ weight is the gradient of the mean loss over all of
// them: the same as one large batch, however unevenly the tokens are spread.

import { tf, type Tensor } from '@llm/tensor';

export class GradientSum {
  #grads: Tensor[] | undefined;
  #loss = 0;
  weight = 0;

  /** Adds a micro-batch's mean loss and gradients; takes the gradients over. */
  add(loss: number, grads: Tensor[], weight: number): void {
    this.#loss += weight * loss;
    this.weight += weight;
    const previous = this.#grads;
    const added = grads.map((grad, i) => weightedSum(previous?.[i], grad, weight));
    const kept = new Set<Tensor>(added);
    for (const grad of [...grads, ...(previous ?? [])]) if (!kept.has(grad)) grad.dispose();
    this.#grads = added;
  }

  /** Mean loss over everything added. */
  get loss(): number {
    return this.#loss / this.weight;
  }

  /** Σ weight·grad; divide by `weight`, for instance through the optimizer's gradScale. */
  get grads(): readonly Tensor[] {
    return this.#grads ?? [];
  }

  dispose(): void {
    for (const grad of this.#grads ?? []) grad.dispose();
    this.#grads = undefined;
  }
}

/** sum + weight·grad, without work where there is none to do. */
function weightedSum(sum: Tensor | undefined, grad: Tensor, weight: number): Tensor {
  return tf.tidy(() => {
    const weighted = weight === 1 ? grad : tf.mul(grad, weight);
    return sum === undefined ? weighted : tf.add(sum, weighted);
  });
}
