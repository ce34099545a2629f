// One step of an RNN, an LSTM and a GRU and its gradient, in tf operations, with PyTorch's gate orders: i f g o and
// r z n. B rows, H hidden units. `input` and `hidden` are the two shares of the gates, [B, G·H].
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** The state before and after a step; `cell` is the LSTM's. Each [B, H]. */
export interface CellState {
  readonly state: Tensor;
  readonly cell?: Tensor;
}

export interface CellStep extends CellState {
  /** What the gradient reads: activated gates, each [B, H]. */
  readonly saved: readonly Tensor[];
}

export interface CellGradients {
  /** Of the two shares of the gates, [B, G·H]. */
  readonly input: Tensor;
  readonly hidden: Tensor;
  /** What reaches the previous state past the product with the weight. */
  readonly state?: Tensor;
  readonly cell?: Tensor;
}

export interface Cell {
  readonly gates: number;
  readonly saved: number;
  forward(input: Tensor, hidden: Tensor, before: CellState): CellStep;
  /** dafter: the gradients of the state and the cell after the step. */
  backward(
    saved: readonly Tensor[],
    before: CellState,
    after: CellState,
    dafter: CellState,
  ): CellGradients;
}

/** y·(1 − y), the slope of the sigmoid at its value y. */
const sigmoidSlope = (y: Tensor) => tf.mul(y, tf.sub(1, y));
const tanhSlope = (y: Tensor) => tf.sub(1, tf.square(y));

function rnnCell(activate: (x: Tensor) => Tensor, slope: (y: Tensor) => Tensor): Cell {
  return {
    gates: 1,
    saved: 0,
    forward: (input, hidden) => ({ state: activate(tf.add(input, hidden)), saved: [] }),
    backward(_saved, _before, { state }, dafter) {
      const sum = tf.mul(dafter.state, slope(state));
      return { input: sum, hidden: sum };
    },
  };
}

const LSTM_CELL: Cell = {
  gates: 4,
  saved: 4,
  forward(input, hidden, before) {
    const sums = tf.split(tf.add(input, hidden), 4, 1) as [Tensor, Tensor, Tensor, Tensor];
    const [i, f, o] = [sums[0], sums[1], sums[3]].map((x) => tf.sigmoid(x)) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const g = tf.tanh(sums[2]);
    const cell = tf.add(tf.mul(f, before.cell!), tf.mul(i, g));
    return { state: tf.mul(o, tf.tanh(cell)), cell, saved: [i, f, g, o] };
  },
  backward(saved, before, after, dafter) {
    const [i, f, g, o] = saved as [Tensor, Tensor, Tensor, Tensor];
    const squashed = tf.tanh(after.cell!);
    const dcell = tf.add(dafter.cell!, tf.mul(tf.mul(dafter.state, o), tanhSlope(squashed)));
    const sums = tf.concat(
      [
        tf.mul(tf.mul(dcell, g), sigmoidSlope(i)),
        tf.mul(tf.mul(dcell, before.cell!), sigmoidSlope(f)),
        tf.mul(tf.mul(dcell, i), tanhSlope(g)),
        tf.mul(tf.mul(dafter.state, squashed), sigmoidSlope(o)),
      ],
      1,
    );
    return { input: sums, hidden: sums, cell: tf.mul(dcell, f) };
  },
};

const GRU_CELL: Cell = {
  gates: 3,
  saved: 4,
  forward(input, hidden, before) {
    const [inputR, inputZ, inputN] = tf.split(input, 3, 1) as [Tensor, Tensor, Tensor];
    const [hiddenR, hiddenZ, hiddenN] = tf.split(hidden, 3, 1) as [Tensor, Tensor, Tensor];
    const r = tf.sigmoid(tf.add(inputR, hiddenR));
    const z = tf.sigmoid(tf.add(inputZ, hiddenZ));
    const n = tf.tanh(tf.add(inputN, tf.mul(r, hiddenN)));
    const state = tf.add(n, tf.mul(z, tf.sub(before.state, n)));
    return { state, saved: [r, z, n, hiddenN] };
  },
  backward(saved, before, _after, dafter) {
    const [r, z, n, hiddenN] = saved as [Tensor, Tensor, Tensor, Tensor];
    const dn = tf.mul(tf.mul(dafter.state, tf.sub(1, z)), tanhSlope(n));
    const dr = tf.mul(tf.mul(dn, hiddenN), sigmoidSlope(r));
    const dz = tf.mul(tf.mul(dafter.state, tf.sub(before.state, n)), sigmoidSlope(z));
    return {
      input: tf.concat([dr, dz, dn], 1),
      hidden: tf.concat([dr, dz, tf.mul(dn, r)], 1),
      state: tf.mul(dafter.state, z),
    };
  },
};

export type CellKind = 'rnnTanh' | 'rnnRelu' | 'lstm' | 'gru';

export const CELLS: Readonly<Record<CellKind, Cell>> = Object.freeze({
  rnnTanh: rnnCell((x) => tf.tanh(x), tanhSlope),
  rnnRelu: rnnCell(
    (x) => tf.relu(x),
    (y) => tf.step(y),
  ),
  lstm: LSTM_CELL,
  gru: GRU_CELL,
});
