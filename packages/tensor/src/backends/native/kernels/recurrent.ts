/** Recurrent layers over a whole sequence, and their gradients, float32 (native/kernels/recurrent). */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { NativeKernel, NativeKernelParams } from '../native-kernel.ts';

/** Positions are the numbers of `CellKind` in native/kernels/recurrent/recurrent.h. */
const KINDS = ['rnnTanh', 'rnnRelu', 'lstm', 'gru'];

const SAVED_GATES = 4; // of LSTM and GRU

type Inputs = Readonly<Record<string, TensorInfo | undefined>>;

/** Kind, sizes, direction and lengths, as both instructions read them; `states` is [B, T, ..]. */
function sequenceArgs(
  { inputs, attrs, backend }: NativeKernelParams,
  states: TensorInfo,
): number[] {
  const [batch, steps] = states.shape as [number, number];
  const hidden = (inputs['weight'] as TensorInfo).shape[1] as number;
  const lengths = (inputs as Inputs)['lengths'];
  const kind = KINDS.indexOf(attrs['kind'] as string);
  const handle = lengths === undefined ? -1 : backend.handleOf(lengths);
  return [kind, batch, steps, hidden, Number(attrs['isReverse']), handle];
}

function forward(params: NativeKernelParams): TensorInfo[] {
  const { attrs, backend } = params;
  const inputs = params.inputs as Inputs;
  const input = inputs['input'] as TensorInfo;
  const [batch, steps] = input.shape as [number, number];
  const hidden = (inputs['weight'] as TensorInfo).shape[1] as number;
  const isLstm = attrs['kind'] === 'lstm';
  const hasGates = isLstm || attrs['kind'] === 'gru';
  const make = (width: number) => backend.output([batch, steps, width], 'float32');
  const states = make(hidden);
  const cells = isLstm ? make(hidden) : undefined;
  const gates = hasGates ? make(SAVED_GATES * hidden) : undefined;
  const handle = (tensor: TensorInfo | undefined) =>
    tensor === undefined ? -1 : backend.handleOf(tensor);
  const given = [
    input,
    inputs['weight'],
    inputs['bias'],
    inputs['initialState'],
    inputs['initialCell'],
  ];
  const handles = [...given, states, cells, gates].map(handle);
  backend.run('Recurrent', ...sequenceArgs(params, input), ...handles);
  return [states, cells, gates].filter((tensor) => tensor !== undefined);
}

function backward(params: NativeKernelParams): TensorInfo[] {
  const { attrs, backend } = params;
  const inputs = params.inputs as Inputs;
  const states = inputs['states'] as TensorInfo;
  const [batch, steps] = states.shape as [number, number];
  const weight = inputs['weight'] as TensorInfo;
  const initialState = inputs['initialState'] as TensorInfo;
  const gateWidth = weight.shape[0] as number;
  const make = (shape: number[]) => backend.output(shape, 'float32');
  const dinput = make([batch, steps, gateWidth]);
  const dweight = make(weight.shape);
  const dbias = attrs['kind'] === 'gru' ? make([gateWidth]) : undefined;
  const dstate = make(initialState.shape);
  const dcell = attrs['kind'] === 'lstm' ? make(initialState.shape) : undefined;
  const handle = (tensor: TensorInfo | undefined) =>
    tensor === undefined ? -1 : backend.handleOf(tensor);
  const names = [
    'dstates',
    'dcells',
    'weight',
    'initialState',
    'initialCell',
    'states',
    'cells',
    'gates',
  ];
  const given = names.map((name) => handle(inputs[name]));
  const outputs = [dinput, dweight, dbias, dstate, dcell];
  backend.run('RecurrentGrad', ...sequenceArgs(params, states), ...given, ...outputs.map(handle));
  return outputs.filter((tensor) => tensor !== undefined);
}

const NAMES = ['Rnn', 'Lstm', 'Gru'];

export const RECURRENT_KERNELS: readonly NativeKernel[] = Object.freeze([
  ...NAMES.map((kernelName) => ({ kernelName, kernelFunc: forward })),
  ...NAMES.map((name) => ({ kernelName: `Masked${name}`, kernelFunc: forward })),
  ...NAMES.map((name) => ({ kernelName: `${name}Grad`, kernelFunc: backward })),
]);
