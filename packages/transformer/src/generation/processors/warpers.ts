// What sampling does to a row of logits besides temperature, top-k and top-p (filters.ts): each drops
// tokens by their probability and keeps at least `minKept` of the likeliest.
import { kthLargest, softmax } from '../filters.ts';

/** Drops tokens less probable than p · the most probable one (Nguyen et al. 2024). */
export function keepMinP(logits: Float32Array, p: number, minKept = 1): void {
  const probabilities = softmax(logits);
  let most = 0;
  for (const probability of probabilities) if (probability > most) most = probability;
  dropBelow(logits, probabilities, p * most, minKept);
}

/** Drops tokens less probable than ε (Hewitt et al. 2022). */
export function keepEpsilon(logits: Float32Array, epsilon: number, minKept = 1): void {
  dropBelow(logits, softmax(logits), epsilon, minKept);
}

/** Drops tokens less probable than min(ε, √ε · e^−H), H the entropy (Hewitt et al. 2022). */
export function keepEta(logits: Float32Array, epsilon: number, minKept = 1): void {
  const probabilities = softmax(logits);
  const eta = Math.min(epsilon, Math.sqrt(epsilon) * Math.exp(-entropy(probabilities)));
  dropBelow(logits, probabilities, eta, minKept);
}

/** Keeps the tokens whose −log p is nearest to the entropy until they reach `mass` (Meister et al. 2022). */
export function keepTypical(logits: Float32Array, mass: number, minKept = 1): void {
  const probabilities = softmax(logits);
  const H = entropy(probabilities);
  const distances = probabilities.map((p) => Math.abs(-Math.log(p) - H)); // Infinity where p is 0
  const order = Array.from(probabilities.keys())
    .filter((i) => probabilities[i]! > 0)
    .sort((a, b) => distances[a]! - distances[b]!);
  let reached = 0;
  let last = 0;
  while (last < order.length - 1 && (reached += probabilities[order[last]!]!) < mass) last++;
  const farthest = distances[order[last]!]!;
  const kept = new Set(order.slice(0, minKept));
  for (const [i, distance] of distances.entries())
    if (distance > farthest && !kept.has(i)) logits[i] = -Infinity;
}

const TOP_H_CANDIDATES = 100;

/** Keeps the likeliest tokens while their part of the entropy is at most h · H, counted over the 100
 *  likeliest (Potraghloo et al. 2025). */
export function keepTopH(logits: Float32Array, h: number): void {
  const order = likeliest(logits, TOP_H_CANDIDATES);
  const probabilities = softmax(Float32Array.from(order, (i) => logits[i]!));
  const limit = entropy(probabilities) * h;
  const kept = new Set([order[0]!]);
  let reached = 0;
  for (const [rank, i] of order.entries()) {
    reached += surprise(probabilities[rank]!);
    if (reached > limit) break;
    kept.add(i);
  }
  for (let i = 0; i < logits.length; i++) if (!kept.has(i)) logits[i] = -Infinity;
}

const surprise = (p: number): number => (p > 0 ? -p * Math.log(p) : 0);

const entropy = (probabilities: Float64Array): number =>
  probabilities.reduce((sum, p) => sum + surprise(p), 0);

/** Indices of the `count` largest, largest first; of equals the first. */
export function likeliest(values: Float32Array, count: number): number[] {
  const floor = count < values.length ? kthLargest(values, count) : -Infinity;
  const order = Array.from(values.keys()).filter((i) => values[i]! >= floor);
  return order.sort((a, b) => values[b]! - values[a]! || a - b).slice(0, count);
}

function dropBelow(
  logits: Float32Array,
  probabilities: Float64Array,
  threshold: number,
  minKept: number,
): void {
  const dropped = Array.from(probabilities.keys()).filter((i) => probabilities[i]! < threshold);
  const kept = probabilities.length - dropped.length;
  // Few are dropped below the floor only when hardly anything is left: then the likeliest come back.
  const floor = kept >= minKept ? Infinity : kthLargest(logits, Math.min(minKept, logits.length));
  for (const i of dropped) if (logits[i]! < floor) logits[i] = -Infinity;
}
