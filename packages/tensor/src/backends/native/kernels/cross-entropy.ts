/** CrossEntropy and its gradient, float32 logits. */
import type { NamedAttrMap, TensorInfo } from '@tensorflow/tfjs-core';
import { labelError } from '../../../kernels/cross-entropy.ts';
import type { NativeKernel, NativeKernelParams } from '../native-kernel.ts';
import { asRows } from './as-rows.ts';

export const CROSS_ENTROPY_KERNELS: readonly NativeKernel[] = Object.freeze([
  { kernelName: 'CrossEntropy', kernelFunc: forward },
  { kernelName: 'CrossEntropyGrad', kernelFunc: backward },
] satisfies NativeKernel[]);

const REDUCTIONS = ['none', 'sum', 'mean']; // in the order of cross_entropy.cc

function forward({ inputs, attrs, backend }: NativeKernelParams): TensorInfo[] {
  const { logits, labels } = inputs as Record<'logits' | 'labels', TensorInfo>;
  const loss = backend.output(attrs['reduction'] === 'none' ? labels.shape : [], 'float32');
  const logSumExp = backend.output(labels.shape, 'float32');
  const handles = [logits, labels, loss, logSumExp].map((tensor) => backend.handleOf(tensor));
  const wrong = backend.run('CrossEntropy', ...asRows(logits), ...options(attrs), ...handles);
  if (wrong === 0) return [loss, logSumExp];
  backend.disposeData(loss.dataId);
  backend.disposeData(logSumExp.dataId);
  const values = backend.readSync(labels.dataId) as Int32Array;
  const V = logits.shape[logits.shape.length - 1] as number;
  throw labelError(values[wrong - 1] as number, wrong - 1, V, attrs['ignoreIndex'] as number);
}

function backward({ inputs, attrs, backend }: NativeKernelParams): TensorInfo {
  const { dy, logits, labels, logSumExp } = inputs as Record<string, TensorInfo>;
  const dlogits = backend.output((logits as TensorInfo).shape, 'float32');
  const tensors = [logits, labels, logSumExp, dy, dlogits] as TensorInfo[];
  const handles = tensors.map((tensor) => backend.handleOf(tensor));
  const rows = asRows(logits as TensorInfo);
  backend.run('CrossEntropyGrad', ...rows, ...options(attrs), ...handles);
  return dlogits;
}

function options(attrs: NamedAttrMap): number[] {
  const { ignoreIndex, labelSmoothing, reduction } = attrs;
  const code = REDUCTIONS.indexOf(reduction as string);
  return [ignoreIndex as number, labelSmoothing as number, code];
}
