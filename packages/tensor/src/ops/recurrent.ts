import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { RECURRENT_KERNELS } from '../kernels/recurrent.ts';
import type { CellKind } from '../kernels/recurrent-cells.ts';
import { expectDtype, expectShape } from './expect.ts';

/** What a recurrent layer runs over. B rows, T steps, H hidden units, G gates: 1 (RNN), 4 (LSTM), 3 (GRU). */
export interface RecurrentInputs {
  /** The gates' share of the input, W_ih·x + b: [B, T, G·H]. For LSTM and RNN with both biases. */
  readonly input: Tensor;
  /** W_hh, [G·H, H]; gate order i f g o (LSTM), r z n (GRU), as PyTorch. */
  readonly weight: Tensor;
  /** b_hh, [3·H]: for GRU, whose reset gate acts on it; none for the others. */
  readonly bias?: Tensor;
  /** [B, H] */
  readonly initialState: Tensor;
  /** [B, H], for LSTM. */
  readonly initialCell?: Tensor;
  /** int32 [B]: how many steps each row has. Default: all T. */
  readonly lengths?: Tensor;
}

export interface RecurrentOutputs {
  /** The hidden state after each step, [B, T, H]; past a row's length its last state. */
  readonly states: Tensor;
  /** The same of the LSTM's cell. */
  readonly cells?: Tensor;
}

/**
 * Runs an RNN (Elman 1990), LSTM (Hochreiter and Schmidhuber 1997) or GRU (Cho et al. 2014, in the variant of PyTorch
 * and cuDNN) over a sequence, forwards or, with `isReverse`, from each row's last step to its first. One kernel, C++
 * on the native backend.
 * @returns tensors owned by the caller
 * @throws ShapeError
 */
export function recurrent(
  kind: CellKind,
  inputs: RecurrentInputs,
  isReverse = false,
): RecurrentOutputs {
  checkInputs(kind, inputs);
  const given = Object.entries(inputs).filter(([, tensor]) => tensor !== undefined);
  const name = RECURRENT_KERNELS[kind];
  const kernelName = inputs.lengths === undefined ? name : `Masked${name}`;
  const named = Object.fromEntries(given) as Record<string, Tensor>;
  return tf.tidy(() => {
    const [states, cells] = tf
      .engine()
      .runKernel<Tensor[]>(kernelName, named, { kind, isReverse }) as [Tensor, Tensor];
    return kind === 'lstm' ? { states, cells } : { states };
  });
}

const GATES: Readonly<Record<CellKind, number>> = { rnnTanh: 1, rnnRelu: 1, lstm: 4, gru: 3 };

function checkInputs(kind: CellKind, inputs: RecurrentInputs): void {
  const { input, weight, bias, initialState, initialCell, lengths } = inputs;
  for (const [name, tensor] of Object.entries({ input, weight, initialState })) {
    expectDtype('recurrent', name, tensor, 'float32');
  }
  const H = weight.shape[1] ?? null;
  const gates = H === null ? null : GATES[kind] * H;
  expectShape('recurrent', 'weight', weight, [gates, H], '[G·H, H]');
  expectShape('recurrent', 'input', input, [null, null, gates], '[B, T, G·H]');
  const B = input.shape[0]!;
  expectShape('recurrent', 'initialState', initialState, [B, H], '[B, H]');
  if (bias !== undefined) expectShape('recurrent', 'bias', bias, [gates], '[G·H]');
  if (initialCell !== undefined) {
    expectShape('recurrent', 'initialCell', initialCell, [B, H], '[B, H]');
  }
  if (lengths === undefined) return;
  expectDtype('recurrent', 'lengths', lengths, 'int32');
  expectShape('recurrent', 'lengths', lengths, [B], '[B]');
}
