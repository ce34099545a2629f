// Gradient accumulation: the gradient of the mean loss over several micro-batches from the gradients of their own
// mean losses, (Σ weight·grad) / Σ weight. With weight = the number of tokens that a mean was taken over, this is
// what one large batch would give, however unevenly the tokens are spread.
// Weights are kept relative to the first one, so that one micro-batch, or equal ones, cost no multiplication.

import { addInto, tf, type Tensor } from '@llm/tensor';

export class GradientSum {
  #grads: Tensor[] | undefined;
  #firstWeight = 0;
  #loss = 0;
  /** Σ weight. */
  weight = 0;

  /** Adds a micro-batch's mean loss and gradients; takes the gradients over. weight > 0. */
  add(loss: number, grads: Tensor[], weight: number): void {
    const previous = this.#grads;
    if (previous === undefined) this.#firstWeight = weight;
    const factor = weight / this.#firstWeight;
    this.#loss += weight * loss;
    this.weight += weight;
    if (previous === undefined) {
      this.#grads = grads;
      return;
    }
    this.#grads = grads.map((grad, i) => addInto(previous[i]!, scaled(grad, factor)));
  }

  /** Mean loss over everything added. */
  get loss(): number {
    return this.#loss / this.weight;
  }

  /** The sum up to a factor: multiply by `scale`, for instance through the optimizer's gradScale. */
  get grads(): readonly Tensor[] {
    return this.#grads ?? [];
  }

  /** What makes `grads` the gradient of the mean loss. */
  get scale(): number {
    return this.#firstWeight / this.weight;
  }

  dispose(): void {
    tf.dispose(this.#grads ?? []);
    this.#grads = undefined;
  }
}

/** factor·grad, taking grad over. */
function scaled(grad: Tensor, factor: number): Tensor {
  if (factor === 1) return grad;
  const product = tf.mul(grad, factor);
  grad.dispose();
  return product;
}
