/** RNN, LSTM and GRU with PyTorch's parameters (`weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0`, and the same
 *  with `_reverse`), gate orders and formulas. Batch first: [B, T, I]. */
import * as tf from '@tensorflow/tfjs-core';
import { dropout } from '../ops/dropout.ts';
import { expectShape } from '../ops/expect.ts';
import { linear } from '../ops/linear.ts';
import { recurrent, type RecurrentOutputs } from '../ops/recurrent.ts';
import type { CellKind } from '../kernels/recurrent-cells.ts';
import type { Generator } from '../random/generator.ts';
import { Module } from './module.ts';
import { parameter } from './parameter.ts';

/** How a recurrent layer is built. */
export interface RecurrentOptions {
  /** Layers on top of each other. @default 1 */
  numLayers?: number;
  /** Whether a second set of layers reads from the end to the start. @default false */
  isBidirectional?: boolean;
  /** @default true */
  hasBias?: boolean;
  /** Of the outputs of every layer but the last, in training. In [0, 1). @default 0 */
  dropout?: number;
  /** Where initial values and dropout's seeds come from; null leaves zeros, for a checkpoint to fill. */
  generator: Generator | null;
}

/** What a sequence starts from. L layers, D directions (2 where bidirectional). */
export interface RecurrentStart {
  /** [L·D, B, H]. Default: zeros. */
  hidden?: tf.Tensor;
  /** int32 [B] or numbers: the steps of each row that count; outputs past them are 0. Default: all. */
  lengths?: tf.Tensor | readonly number[];
}

/** What an LSTM starts from. */
export interface LstmStart extends RecurrentStart {
  /** [L·D, B, H]. Default: zeros. */
  cell?: tf.Tensor;
}

/** The caller owns the tensors. */
export interface RecurrentResult {
  /** Of the last layer after every step, both directions side by side: [B, T, D·H]. */
  output: tf.Tensor;
  /** Of every layer and direction after the row's last step: [L·D, B, H]. */
  hidden: tf.Tensor;
}

/** The caller owns the tensors. */
export interface LstmResult extends RecurrentResult {
  /** [L·D, B, H] */
  cell: tf.Tensor;
}

const GATES: Readonly<Record<CellKind, number>> = { rnnTanh: 1, rnnRelu: 1, lstm: 4, gru: 3 };

interface Direction extends RecurrentOutputs {
  readonly isReverse: boolean;
}

/** What the three share. */
abstract class RecurrentModule extends Module {
  readonly numLayers: number;
  readonly isBidirectional: boolean;
  readonly hasBias: boolean;
  readonly dropout: number;
  readonly #kind: CellKind;
  readonly #generator: Generator | null;

  constructor(
    kind: CellKind,
    readonly inputSize: number,
    readonly hiddenSize: number,
    options: RecurrentOptions,
  ) {
    super();
    const { numLayers = 1, isBidirectional = false, hasBias = true, generator } = options;
    this.numLayers = numLayers;
    this.isBidirectional = isBidirectional;
    this.hasBias = hasBias;
    this.dropout = options.dropout ?? 0;
    this.#kind = kind;
    this.#generator = generator;
    if (!(this.dropout >= 0 && this.dropout < 1)) {
      throw new RangeError(`Recurrent: dropout: expected a number in [0, 1), got ${this.dropout}.`);
    }
    for (let layer = 0; layer < numLayers; layer++) this.#addLayer(layer);
  }

  #addLayer(layer: number): void {
    const H = this.hiddenSize;
    const rows = GATES[this.#kind] * H;
    const inputs = layer === 0 ? this.inputSize : H * this.#suffixes().length;
    const bound = 1 / Math.sqrt(H); // as PyTorch
    const draw = (shape: number[]) =>
      parameter(this.#generator?.uniform(shape, -bound, bound) ?? tf.fill(shape, 0));
    const parameters = this as unknown as Record<string, tf.Variable>;
    for (const suffix of this.#suffixes()) {
      parameters[`weightIhL${layer}${suffix}`] = draw([rows, inputs]);
      parameters[`weightHhL${layer}${suffix}`] = draw([rows, H]);
      if (!this.hasBias) continue;
      parameters[`biasIhL${layer}${suffix}`] = draw([rows]);
      parameters[`biasHhL${layer}${suffix}`] = draw([rows]);
    }
  }

  #suffixes(): string[] {
    return this.isBidirectional ? ['', 'Reverse'] : [''];
  }

  #parameter(name: string): tf.Variable | undefined {
    return (this as unknown as Record<string, tf.Variable | undefined>)[name];
  }

  protected run(x: tf.Tensor, start: LstmStart): LstmResult {
    expectShape('Recurrent', 'x', x, [null, null, this.inputSize], '[B, T, I]');
    return tf.tidy(() => {
      const lengths = lengthsOf(start.lengths, x.shape[0] as number);
      const initial = this.#initialStates(x.shape[0] as number, start);
      const mask = lengths && stepMask(lengths, x.shape[1] as number);
      const last: RecurrentOutputs[] = [];
      let output = x;
      for (let layer = 0; layer < this.numLayers; layer++) {
        if (layer > 0) output = this.#dropped(output);
        const directions = this.#suffixes().map((suffix, d) => {
          const place = layer * this.#suffixes().length + d;
          return this.#runDirection(output, `L${layer}${suffix}`, initial[place]!, lengths);
        });
        last.push(...directions.map((direction) => lastOf(direction)));
        const states = directions.map(({ states: s }) => (mask ? tf.mul(s, mask) : s));
        output = states.length === 1 ? (states[0] as tf.Tensor) : tf.concat(states, 2);
      }
      const hidden = tf.stack(last.map(({ states }) => states));
      const cell = tf.stack(last.map(({ states, cells }) => cells ?? states));
      return { output, hidden, cell };
    });
  }

  #dropped(x: tf.Tensor): tf.Tensor {
    if (!this.training || this.dropout === 0) return x;
    if (this.#generator === null) {
      throw new RangeError('Recurrent: generator: expected one for dropout in training, got null.');
    }
    return dropout(x, this.dropout, this.#generator.nextSeed());
  }

  #runDirection(
    x: tf.Tensor,
    name: string,
    initial: { hidden: tf.Tensor; cell?: tf.Tensor },
    lengths: tf.Tensor | undefined,
  ): Direction {
    const isReverse = name.endsWith('Reverse');
    const [inputBias, hiddenBias] = [
      this.#parameter(`biasIh${name}`),
      this.#parameter(`biasHh${name}`),
    ];
    // Only GRU's reset gate stands between the two biases.
    const isGru = this.#kind === 'gru';
    const bias = isGru || inputBias === undefined ? inputBias : tf.add(inputBias, hiddenBias!);
    const weight = this.#parameter(`weightHh${name}`) as tf.Variable;
    const inputs = {
      input: linear(x, this.#parameter(`weightIh${name}`) as tf.Variable, bias), // [B, T, G·H]
      weight,
      initialState: initial.hidden,
      ...(isGru && { bias: hiddenBias ?? tf.zeros([weight.shape[0] as number]) }),
      ...(initial.cell && { initialCell: initial.cell }),
      ...(lengths && { lengths }),
    };
    return { ...recurrent(this.#kind, inputs, isReverse), isReverse };
  }

  /** One pair for each layer and direction. */
  #initialStates(B: number, { hidden, cell }: LstmStart) {
    const count = this.numLayers * this.#suffixes().length;
    const shape = [count, B, this.hiddenSize];
    const unstacked = (name: string, given: tf.Tensor | undefined) => {
      if (given === undefined) {
        const zeros = tf.zeros(shape.slice(1));
        return Array.from({ length: count }, () => zeros);
      }
      expectShape('Recurrent', name, given, shape, '[L·D, B, H]');
      return tf.unstack(given);
    };
    const states = unstacked('hidden', hidden);
    const cells = this.#kind === 'lstm' ? unstacked('cell', cell) : undefined;
    return states.map((state, i) => ({ hidden: state, ...(cells && { cell: cells[i] }) }));
  }
}

function lengthsOf(lengths: RecurrentStart['lengths'], B: number): tf.Tensor | undefined {
  if (lengths === undefined || lengths instanceof tf.Tensor) return lengths;
  return tf.tensor([...lengths], [B], 'int32');
}

/** 1 where the step counts: [B, T, 1]. */
function stepMask(lengths: tf.Tensor, T: number): tf.Tensor {
  const steps = tf.range(0, T, 1, 'int32');
  const counts = tf.greater(tf.expandDims(lengths, 1), tf.expandDims(steps, 0)); // [B, T]
  return tf.expandDims(tf.cast(counts, 'float32'), 2);
}

/** The states after the last step, [B, H]: at the end of the sequence, or at its start where it was read backwards. */
function lastOf({ states, cells, isReverse }: Direction): RecurrentOutputs {
  const take = (x: tf.Tensor) => {
    const position = isReverse ? 0 : (x.shape[1] as number) - 1;
    return tf.squeeze(tf.slice(x, [0, position], [-1, 1]), [1]);
  };
  return { states: take(states), ...(cells && { cells: take(cells) }) };
}

/** h′ = tanh(W_ih·x + b_ih + W_hh·h + b_hh), or with the positive part in place of tanh. Elman 1990. */
export class RNN extends RecurrentModule {
  constructor(
    inputSize: number,
    hiddenSize: number,
    options: RecurrentOptions & { nonlinearity?: 'tanh' | 'relu' },
  ) {
    super(options.nonlinearity === 'relu' ? 'rnnRelu' : 'rnnTanh', inputSize, hiddenSize, options);
  }

  /** x [B, T, I]
   *  @throws ShapeError */
  forward(x: tf.Tensor, start: RecurrentStart = {}): RecurrentResult {
    return withoutCell(this.run(x, start));
  }
}

/** Long short-term memory: gates i, f, g, o; c′ = f·c + i·g, h′ = o·tanh(c′). Hochreiter and Schmidhuber 1997. */
export class LSTM extends RecurrentModule {
  constructor(inputSize: number, hiddenSize: number, options: RecurrentOptions) {
    super('lstm', inputSize, hiddenSize, options);
  }

  /** x [B, T, I]
   *  @throws ShapeError */
  forward(x: tf.Tensor, start: LstmStart = {}): LstmResult {
    return this.run(x, start);
  }
}

/** Gated recurrent unit: gates r, z, n = tanh(W_in·x + b_in + r·(W_hn·h + b_hn)); h′ = (1 − z)·n + z·h. Cho et al. 2014. */
export class GRU extends RecurrentModule {
  constructor(inputSize: number, hiddenSize: number, options: RecurrentOptions) {
    super('gru', inputSize, hiddenSize, options);
  }

  /** x [B, T, I]
   *  @throws ShapeError */
  forward(x: tf.Tensor, start: RecurrentStart = {}): RecurrentResult {
    return withoutCell(this.run(x, start));
  }
}

function withoutCell({ output, hidden, cell }: LstmResult): RecurrentResult {
  cell.dispose();
  return { output, hidden };
}
