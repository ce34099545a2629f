// What sampling does to one row of logits [V] before it draws, in Transformers' order: temperature,
// top-k, top-p. Each works in place; a dropped token becomes −Infinity.

/** Flattens (> 1) or sharpens (< 1) the distribution: logits / temperature. */
export function applyTemperature(logits: Float32Array, temperature: number): void {
  for (let i = 0; i < logits.length; i++) logits[i] = logits[i]! / temperature;
}

/** Keeps the k largest logits (at least minKept), and all that tie with the smallest of them (Fan et al. 2018). */
export function keepTopK(logits: Float32Array, k: number, minKept = 1): void {
  const count = Math.max(k, minKept);
  if (count >= logits.length) return;
  const threshold = kthLargest(logits, count);
  for (let i = 0; i < logits.length; i++) if (logits[i]! < threshold) logits[i] = -Infinity;
}

/** Nucleus sampling (Holtzman et al. 2020): drops the least probable tokens whose probabilities sum to
 *  at most 1 − p; the minKept most probable tokens always stay. */
export function keepTopP(logits: Float32Array, p: number, minKept = 1): void {
  if (p >= 1) return;
  const probabilities = softmax(logits);
  // Tokens below this share sum to less than 1 − p together: they go without being sorted.
  const share = (1 - p) / logits.length;
  const candidates: number[] = [];
  let dropped = 0;
  for (const [i, probability] of probabilities.entries()) {
    if (probability > share || minKept > 1) candidates.push(i);
    else {
      dropped += probability;
      logits[i] = -Infinity;
    }
  }
  candidates.sort((a, b) => probabilities[a]! - probabilities[b]!);
  candidates.length = Math.max(candidates.length - minKept, 0); // the most probable stay
  for (const i of candidates) {
    dropped += probabilities[i]!;
    if (dropped > 1 - p) return;
    logits[i] = -Infinity;
  }
}

/** exp(logit − max) / Σ, in double precision; −Infinity gives 0. */
export function softmax(logits: Float32Array): Float64Array {
  const max = largest(logits);
  const weights = new Float64Array(logits.length);
  let sum = 0;
  for (let i = 0; i < logits.length; i++) sum += weights[i] = Math.exp(logits[i]! - max);
  for (let i = 0; i < weights.length; i++) weights[i]! /= sum;
  return weights;
}

/** log softmax at one index, in double precision. */
export function logSoftmaxAt(logits: Float32Array, index: number): number {
  return logits[index]! - logSumExp(logits);
}

/** log Σ exp, in double precision. */
export function logSumExp(logits: Float32Array): number {
  const max = largest(logits);
  let sum = 0;
  for (let i = 0; i < logits.length; i++) sum += Math.exp(logits[i]! - max);
  return max + Math.log(sum);
}

/** Index of the largest value, the first of equals. */
export function argmax(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

const largest = (values: Float32Array): number => values[argmax(values)]!;

/** The k-th largest value, by a heap of the k largest seen so far with the smallest on top. */
export function kthLargest(values: Float32Array, k: number): number {
  const heap = values.slice(0, k).sort(); // ascending order is a valid heap
  for (let i = k; i < values.length; i++) {
    if (values[i]! > heap[0]!) sink(heap, values[i]!);
  }
  return heap[0]!;
}

/** Replaces the top of a min-heap. */
function sink(heap: Float32Array, value: number): void {
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child += 1;
    if (value <= heap[child]!) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = value;
}
