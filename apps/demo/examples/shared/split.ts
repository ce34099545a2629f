import { Generator } from '@llm/tensor';

/** A random part of the items, and the rest. The same seed gives the same parts. */
export function split<T>(
  items: readonly T[],
  heldOutShare: number,
  seed = 20,
): { train: T[]; heldOut: T[] } {
  const order = new Generator(seed).permutation(items.length);
  const count = Math.max(1, Math.round(items.length * heldOutShare));
  const pick = (indices: Int32Array) => Array.from(indices, (i) => items[i]!);
  return { heldOut: pick(order.subarray(0, count)), train: pick(order.subarray(count)) };
}
