// Recurrent layers: every input is differentiated, forwards and backwards, with and without lengths.
import { recurrent, tf, type RecurrentInputs } from '../../src/index.ts';
import type { GradientCase } from './gradient-cases.ts';

const [B, T, H] = [2, 3, 2];

type Kind = Parameters<typeof recurrent>[0];

/** Gates, and the names of the inputs after the gates' and the weight. */
const KINDS: readonly (readonly [Kind, number, readonly string[]])[] = [
  ['rnnTanh', 1, ['initialState']],
  ['lstm', 4, ['initialState', 'initialCell']],
  ['gru', 3, ['initialState', 'bias']],
];

function recurrentCase(
  [kind, gates, names]: (typeof KINDS)[number],
  isReverse: boolean,
  lengths?: number[],
): GradientCase {
  const shapeOf = (name: string) => (name === 'bias' ? [gates * H] : [B, H]);
  return {
    name: `recurrent ${kind}${isReverse ? ', reverse' : ''}${lengths ? `, lengths ${lengths}` : ''}`,
    shapes: [[B, T, gates * H], [gates * H, H], ...names.map(shapeOf)],
    compute: ([input, weight, ...rest]) => {
      const named = Object.fromEntries(names.map((name, i) => [name, rest[i]!]));
      const counts = lengths && { lengths: tf.tensor1d(lengths, 'int32') };
      const inputs = { input, weight, ...named, ...counts } as unknown as RecurrentInputs;
      const { states, cells } = recurrent(kind, inputs, isReverse);
      return cells === undefined ? states : tf.concat([states, cells], 2);
    },
  };
}

export const RECURRENT_CASES: readonly GradientCase[] = KINDS.flatMap((kind) => [
  recurrentCase(kind, false),
  recurrentCase(kind, true, [3, 1]),
]);
