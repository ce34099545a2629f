/** How the backward pass's activations are kept between the passes. */

/** `float32`: as they were computed. `bfloat16`: rounded to 8 bits of precision, in half the memory. */
export type ActivationStorage = 'float32' | 'bfloat16';

const STORAGES: readonly ActivationStorage[] = ['float32', 'bfloat16'];

let storage: ActivationStorage = 'float32';

/** What `valueAndGrads` keeps activations in now. */
export function activationStorage(): ActivationStorage {
  return storage;
}

/**
 * Sets how `valueAndGrads` keeps, from now on, the activations that layers save for their gradients. With
 * 'bfloat16' a training step holds about half the activations. Losses stay the same bits, as the forward pass does
 * not see what was kept; gradients move by some 2⁻⁹ of their size (Chen et al. 2021, arXiv 2104.14129, go further:
 * 2 bits). Works on every backend, with the same roundings.
 *
 * Kept in float32 all the same: parameters, what `checkpoint` keeps of its inputs, logits and statistics, and whatever
 * operations save that are no layers (tf.mul, tf.exp …).
 * @throws RangeError for another name
 * @example
 * setActivationStorage('bfloat16'); // then train as usual
 */
export function setActivationStorage(name: ActivationStorage): void {
  if (!STORAGES.includes(name)) {
    throw new RangeError(
      `setActivationStorage: storage: expected float32 or bfloat16, got ${String(name)}.`,
    );
  }
  storage = name;
}
