// A mixture of experts (Shazeer et al. 2017; Jiang et al. 2024): a router sends each token to the few
// experts it finds best and adds their outputs by its shares. Only chosen experts compute.
import { nn, tf, type Tensor } from '@llm/tensor';
import type { GatedMlp } from './gated-mlp.ts';

export interface SparseMlpOptions {
  readonly gate: nn.Linear; // [E, C]
  readonly experts: GatedMlp[];
  readonly perToken: number;
  /** Whether the chosen experts' shares are scaled to sum to 1. */
  readonly isNormalized: boolean;
}

export class SparseMlp extends nn.Module {
  gate: nn.Linear;
  experts: GatedMlp[];
  readonly perToken: number;
  readonly isNormalized: boolean;

  constructor({ gate, experts, perToken, isNormalized }: SparseMlpOptions) {
    super();
    this.gate = gate;
    this.experts = experts;
    this.perToken = perToken;
    this.isNormalized = isNormalized;
  }

  /** [B, T, C] → [B, T, C] */
  forward(x: Tensor): Tensor {
    const C = x.shape.at(-1)!;
    const tokens = tf.reshape(x, [-1, C]); // [N, C]
    const N = tokens.shape[0]!;
    const k = this.perToken;
    const shares = tf.softmax(this.gate.forward(tokens)); // [N, E]
    const { chosen, order, places } = route(shares, k);
    const sorted = tf.gather(tokens, tf.tensor1d(order.tokens, 'int32')); // [N·k, C] by expert
    const outputs = tf.concat(this.#apply(sorted, order.counts), 0);
    const back = tf.reshape(tf.gather(outputs, tf.tensor1d(places, 'int32')), [N, k, C]);
    const weights = this.#weights(shares, chosen); // [N, k, 1]
    return tf.reshape(tf.sum(tf.mul(back, weights), 1), x.shape);
  }

  /** The first counts[0] rows through expert 0, and so on. */
  #apply(sorted: Tensor, counts: readonly number[]): Tensor[] {
    const parts = tf.split(sorted, [...counts], 0);
    return parts.flatMap((rows, e) => (counts[e] === 0 ? [] : [this.experts[e]!.forward(rows)]));
  }

  #weights(shares: Tensor, chosen: Int32Array): Tensor {
    const [N = 0] = shares.shape;
    const picked = tf.gather(tf.reshape(shares, [-1]), tf.tensor1d(chosen, 'int32'));
    const rows = tf.reshape(picked, [N, this.perToken, 1]);
    return this.isNormalized ? tf.div(rows, tf.sum(rows, 1, true)) : rows;
  }
}

interface Routing {
  /** Flat index n·E + e of each token's choices, best first: [N·k]. */
  readonly chosen: Int32Array;
  /** The tokens grouped by expert, and how many each expert has. */
  readonly order: { readonly tokens: Int32Array; readonly counts: readonly number[] };
  /** Where each token's choices lie in that order: [N·k]. */
  readonly places: Int32Array;
}

/** Chooses on the JavaScript side: no gradient flows through a choice. */
function route(shares: Tensor, k: number): Routing {
  const [N = 0, E = 0] = shares.shape;
  const values = shares.dataSync();
  const chosen = new Int32Array(N * k);
  for (let n = 0; n < N; n++) {
    const experts = Array.from({ length: E }, (_, e) => e);
    experts.sort((a, b) => values[n * E + b]! - values[n * E + a]! || a - b);
    for (let i = 0; i < k; i++) chosen[n * k + i] = n * E + experts[i]!;
  }
  const slots = Array.from(chosen.keys()).sort(
    (a, b) => (chosen[a]! % E) - (chosen[b]! % E) || a - b,
  );
  const places = new Int32Array(N * k);
  for (const [place, slot] of slots.entries()) places[slot] = place;
  const counts = new Array<number>(E).fill(0);
  for (const flat of chosen) counts[flat % E]! += 1;
  const tokens = Int32Array.from(slots, (slot) => Math.floor(slot / k));
  return { chosen, order: { tokens, counts }, places };
}
