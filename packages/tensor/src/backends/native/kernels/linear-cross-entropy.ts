/** Cross-entropy of hidden · weightᵀ in chunks of rows (native/kernels/linear_cross_entropy). */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { labelError } from '../../../kernels/cross-entropy.ts';
import type { LinearLossAttrs } from '../../../kernels/linear-cross-entropy.ts';
import type { NativeBackend } from '../native-backend.ts';
import type { NativeKernel, NativeKernelParams } from '../native-kernel.ts';

export const LINEAR_CROSS_ENTROPY_KERNELS: readonly NativeKernel[] = Object.freeze([
  { kernelName: 'LinearCrossEntropy', kernelFunc: scalarLoss },
  { kernelName: 'LinearTokenLoss', kernelFunc: tokenLosses },
  { kernelName: 'LinearTokenLossGrad', kernelFunc: tokenLossGradients },
] satisfies NativeKernel[]);

const REDUCTIONS = ['none', 'sum', 'mean']; // in the order of linear_cross_entropy.cc

type Inputs = Record<'hidden' | 'weight' | 'labels', TensorInfo>;

interface Outputs {
  scales?: TensorInfo;
  loss?: TensorInfo;
  entropies?: TensorInfo;
  hits?: TensorInfo;
  hiddenGrad?: TensorInfo;
  weightGrad?: TensorInfo;
}

function scalarLoss({ inputs, attrs, backend }: NativeKernelParams): TensorInfo[] {
  const flags = attrs as LinearLossAttrs;
  const outputs = {
    loss: backend.output([], 'float32'),
    ...statistics(backend, inputs as Inputs, flags),
    ...gradients(backend, inputs as Inputs, flags),
  };
  return run(backend, inputs as Inputs, flags, outputs);
}

function tokenLosses({ inputs, attrs, backend }: NativeKernelParams): TensorInfo[] {
  const flags = attrs as LinearLossAttrs;
  const { labels } = inputs as Inputs;
  const loss = backend.output(labels.shape, 'float32');
  return run(backend, inputs as Inputs, flags, {
    loss,
    ...statistics(backend, inputs as Inputs, flags),
  });
}

function tokenLossGradients({ inputs, attrs, backend }: NativeKernelParams): TensorInfo[] {
  const { dy, ...rest } = inputs as Inputs & { dy: TensorInfo };
  const flags = attrs as LinearLossAttrs;
  const wanted = gradients(backend, rest, flags);
  run(backend, rest, flags, { scales: dy, ...wanted });
  return Object.values(wanted);
}

function statistics(backend: NativeBackend, { labels }: Inputs, flags: LinearLossAttrs) {
  const shape = flags.statistics ? labels.shape : [0];
  return { entropies: backend.output(shape, 'float32'), hits: backend.output(shape, 'float32') };
}

function gradients(backend: NativeBackend, { hidden, weight }: Inputs, wanted: LinearLossAttrs) {
  return {
    hiddenGrad: backend.output(wanted.hidden ? hidden.shape : [0], 'float32'),
    weightGrad: backend.output(wanted.weight ? weight.shape : [0], 'float32'),
  };
}

/** Fills the outputs, of which those of shape [0] are not wanted, and returns them in order. */
function run(
  backend: NativeBackend,
  inputs: Inputs,
  attrs: LinearLossAttrs,
  outputs: Outputs,
): TensorInfo[] {
  const { hidden, weight, labels } = inputs;
  const [N, C] = hidden.shape as [number, number];
  const V = weight.shape[0] as number;
  const { ignoreIndex, labelSmoothing, reduction } = attrs;
  const { scales, loss, entropies, hits, hiddenGrad, weightGrad } = outputs;
  const handle = (info: TensorInfo | undefined) => (info ? backend.handleOf(info) : -1);
  const optional = (info: TensorInfo | undefined) => (info?.shape[0] === 0 ? -1 : handle(info));
  const wrong = backend.run(
    'LinearCrossEntropy',
    ...[N, C, V, ignoreIndex, labelSmoothing, REDUCTIONS.indexOf(reduction), backend.precision],
    ...[hidden, weight, labels, scales, loss].map(handle),
    ...[attrs.statistics ? entropies : undefined, attrs.statistics ? hits : undefined].map(handle),
    ...[hiddenGrad, weightGrad].map(optional),
  );
  const made = [loss, entropies, hits, hiddenGrad, weightGrad].filter((info) => info !== undefined);
  if (wrong === 0) return made;
  for (const { dataId } of made) backend.disposeData(dataId);
  const values = backend.readSync(labels.dataId) as Int32Array;
  throw labelError(values[wrong - 1] as number, wrong - 1, V, ignoreIndex);
}
