// Logic from McCulloch–Pitts neurons (1943): a neuron gives 1 when the weighted sum of its 0s and 1s reaches its
// threshold. Run it with `npx tsx examples/mcculloch-pitts.ts`, or read on: the tables are in the comments.
import { nn, tf, useBackend } from '@llm/tensor';

const and = new nn.McCullochPittsNeuron([1, 1], 2); // both
const or = new nn.McCullochPittsNeuron([1, 1], 1); // at least one
const not = new nn.McCullochPittsNeuron([-1], 0); // the input inhibits

/** One neuron draws one line through the plane of its inputs, with its 1s on one side. XOR's 1s, (0, 1) and (1, 0), lie
 *  on one diagonal of the square and its 0s on the other: no line parts them. As numbers: w₁ ≥ θ and w₂ ≥ θ for the
 *  1s and 0 < θ for the 0 at (0, 0) give w₁ + w₂ ≥ 2θ > θ, a 1 at (1, 1). A second layer sees what the first made of
 *  the inputs, OR and AND, and there a line does it: (a OR b) and not (a AND b). */
export function xor(pairs: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const hidden = tf.stack([or.forward(pairs), and.forward(pairs)], 1); // [N, 2]
    return new nn.McCullochPittsNeuron([1, -1], 1).forward(hidden);
  });
}

/** Each gate's answers to (0, 0), (0, 1), (1, 0), (1, 1). */
export async function truthTables(): Promise<Record<string, number[]>> {
  await useBackend();
  const pairs = tf.tensor2d([0, 0, 0, 1, 1, 0, 1, 1], [4, 2]);
  const bits = tf.tensor2d([0, 1], [2, 1]);
  const tables = {
    and: and.forward(pairs), // 0 0 0 1
    or: or.forward(pairs), // 0 1 1 1
    not: not.forward(bits), // 1 0, for 0 and 1
    xor: xor(pairs), // 0 1 1 0
  };
  const numbers = Object.entries(tables).map(([name, t]) => [name, Array.from(t.dataSync())]);
  tf.dispose([pairs, bits, tables]);
  return Object.fromEntries(numbers) as Record<string, number[]>;
}
