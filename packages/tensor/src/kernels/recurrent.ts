// Recurrent layers over a whole sequence, step by step in tf operations, and their gradients: what the native kernel
// (native/kernels/recurrent) is checked against. B rows, T steps, H hidden units, G gates, S saved gates.
import * as tf from '@tensorflow/tfjs-core';
import type { NamedAttrMap, Tensor } from '@tensorflow/tfjs-core';
import { composite, required, type FusedKernel, type KernelInputs } from './composite.ts';
import { CELLS, type Cell, type CellKind, type CellState } from './recurrent-cells.ts';

export type RecurrentAttrs = NamedAttrMap & { kind: CellKind; isReverse: boolean };

/** With lengths the kernel's name begins with `Masked`: tfjs saves inputs by name and misses none. */
export const RECURRENT_KERNELS: Readonly<Record<CellKind, string>> = Object.freeze({
  rnnTanh: 'Rnn',
  rnnRelu: 'Rnn',
  lstm: 'Lstm',
  gru: 'Gru',
});

const at = (x: Tensor, position: number) => tf.squeeze(tf.slice(x, [0, position], [-1, 1]), [1]);

/** Sequence positions in the order of the steps. */
function positionsOf(steps: number, isReverse: boolean): number[] {
  const positions = Array.from({ length: steps }, (_, t) => t);
  return isReverse ? positions.reverse() : positions;
}

/** 1 where the row has a step at the position, [B, 1]; undefined where all have. */
function activeAt(inputs: KernelInputs, position: number): Tensor | undefined {
  const lengths = inputs['lengths'];
  if (lengths === undefined) return undefined;
  return tf.expandDims(tf.cast(tf.greater(lengths, position), 'float32'), 1);
}

function choose(active: Tensor | undefined, after: Tensor, before: Tensor): Tensor {
  if (active === undefined) return after;
  return tf.add(tf.mul(active, after), tf.mul(tf.sub(1, active), before));
}

function initialOf(inputs: KernelInputs, cell: Cell): CellState {
  const state = required(inputs, 'initialState');
  return cell === CELLS.lstm ? { state, cell: required(inputs, 'initialCell') } : { state };
}

const hiddenShare = (inputs: KernelInputs, state: Tensor) => {
  const product = tf.matMul(
    state as tf.Tensor2D,
    required(inputs, 'weight') as tf.Tensor2D,
    false,
    true,
  );
  const bias = inputs['bias'];
  return bias === undefined ? product : tf.add(product, bias);
};

function forward(inputs: KernelInputs, { kind, isReverse }: RecurrentAttrs): Tensor[] {
  const cell = CELLS[kind];
  const input = required(inputs, 'input'); // [B, T, G·H]
  const steps = input.shape[1]!;
  const states: Tensor[] = new Array<Tensor>(steps);
  const cells: Tensor[] = new Array<Tensor>(steps);
  const saved: Tensor[] = new Array<Tensor>(steps);
  let before = initialOf(inputs, cell);
  for (const position of positionsOf(steps, isReverse)) {
    const active = activeAt(inputs, position);
    const step = cell.forward(at(input, position), hiddenShare(inputs, before.state), before);
    const state = choose(active, step.state, before.state);
    const kept = step.cell && choose(active, step.cell, before.cell!);
    [states[position], cells[position]] = [state, kept ?? state];
    if (cell.saved > 0) saved[position] = tf.concat([...step.saved], 1);
    before = kept === undefined ? { state } : { state, cell: kept };
  }
  const outputs = [tf.stack(states, 1)];
  if (cell === CELLS.lstm) outputs.push(tf.stack(cells, 1));
  if (cell.saved > 0) outputs.push(tf.stack(saved, 1));
  return outputs;
}

/** [dinput, dweight, dbias?, dinitialState, dinitialCell?] */
function backward(inputs: KernelInputs, { kind, isReverse }: RecurrentAttrs): Tensor[] {
  const cell = CELLS[kind];
  const isLstm = cell === CELLS.lstm;
  const [weight, states] = [required(inputs, 'weight'), required(inputs, 'states')];
  const [dstates, dcells] = [required(inputs, 'dstates'), inputs['dcells']];
  const positions = positionsOf(states.shape[1]!, isReverse);
  const dinputs: Tensor[] = [];
  let dweight: Tensor = tf.zerosLike(weight);
  let dbias: Tensor = tf.zeros([weight.shape[0]!]);
  let dstate: Tensor = tf.zerosLike(required(inputs, 'initialState'));
  let dcell: Tensor | undefined = isLstm ? tf.zerosLike(dstate) : undefined;
  for (let step = positions.length - 1; step >= 0; step--) {
    const position = positions[step]!;
    const before =
      step > 0 ? stateAt(inputs, positions[step - 1]!, isLstm) : initialOf(inputs, cell);
    const active = activeAt(inputs, position);
    const dafter: CellState = {
      state: tf.add(dstate, at(dstates, position)),
      ...(dcell && { cell: dcells ? tf.add(dcell, at(dcells, position)) : dcell }),
    };
    const saved =
      cell.saved === 0 ? [] : tf.split(at(required(inputs, 'gates'), position), cell.saved, 1);
    const after = stateAt(inputs, position, isLstm);
    const gradients = cell.backward(saved, before, after, dafter);
    const dinput = maskedBy(active, gradients.input);
    const dhidden = maskedBy(active, gradients.hidden);
    dinputs[position] = dinput;
    dweight = tf.add(dweight, tf.matMul(dhidden, before.state, true));
    dbias = tf.add(dbias, tf.sum(dhidden, 0));
    const through = tf.matMul(dhidden, weight);
    const past = gradients.state ?? tf.zerosLike(dstate);
    dstate = tf.add(through, choose(active, past, dafter.state));
    dcell = gradients.cell && choose(active, gradients.cell, dafter.cell!);
  }
  const result = [tf.stack(dinputs, 1), dweight];
  if (inputs['bias'] !== undefined) result.push(dbias);
  result.push(dstate);
  if (dcell !== undefined) result.push(dcell);
  return result;
}

function maskedBy(active: Tensor | undefined, x: Tensor): Tensor {
  return active === undefined ? x : tf.mul(active, x);
}

function stateAt(inputs: KernelInputs, position: number, isLstm: boolean): CellState {
  const state = at(required(inputs, 'states'), position);
  return isLstm ? { state, cell: at(required(inputs, 'cells'), position) } : { state };
}

/**
 * {input [B, T, G·H], weight [G·H, H], bias? [3·H] (GRU), initialState [B, H], initialCell? [B, H] (LSTM),
 * lengths? int32 [B]} → [states [B, T, H], cells? [B, T, H] (LSTM), gates? [B, T, 4·H] (LSTM, GRU)]
 */
const forwards = ['Rnn', 'Lstm', 'Gru', 'MaskedRnn', 'MaskedLstm', 'MaskedGru'].map((name) =>
  composite<RecurrentAttrs>(name, forward),
);

/**
 * The same inputs without `input`, and {dstates, dcells? (LSTM whose cells are used), states, cells?, gates?} →
 * [dinput, dweight, dbias? (GRU), dinitialState, dinitialCell? (LSTM)]
 */
const backwards = ['Rnn', 'Lstm', 'Gru'].map((name) =>
  composite<RecurrentAttrs>(`${name}Grad`, backward),
);

export const RECURRENT_COMPOSITES: readonly FusedKernel[] = Object.freeze([
  ...forwards,
  ...backwards,
]);
