/**
 * Attention and its gradient, with and without a mask, float32. Biases are not in the C++: there the
 * composite runs (its matrix products natively) and is counted as a fallback.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { AttentionAttrs } from '../../../kernels/attention.ts';
import { dropThreshold } from '../../../kernels/dropout.ts';
import { shapeArgs, type NativeKernel, type NativeKernelParams } from '../native-kernel.ts';

const MAX_HEAD_DIM = 512; // kMaxHeadDim of attention.h

export const ATTENTION_KERNELS: readonly NativeKernel[] = Object.freeze([
  { kernelName: 'Attention', supports, kernelFunc: forward },
  { kernelName: 'MaskedAttention', supports, kernelFunc: forward },
  { kernelName: 'AttentionGrad', supports, kernelFunc: backward },
  { kernelName: 'MaskedAttentionGrad', supports, kernelFunc: backward },
  { kernelName: 'BiasedAttention', supports: () => false, kernelFunc: forward },
  { kernelName: 'MaskedBiasedAttention', supports: () => false, kernelFunc: forward },
  { kernelName: 'BiasedAttentionGrad', supports: () => false, kernelFunc: backward },
  { kernelName: 'MaskedBiasedAttentionGrad', supports: () => false, kernelFunc: backward },
] satisfies NativeKernel[]);

function supports({ inputs }: NativeKernelParams): boolean {
  return ((inputs['q'] as TensorInfo).shape[3] as number) <= MAX_HEAD_DIM;
}

function forward(params: NativeKernelParams): TensorInfo[] {
  const { inputs, backend } = params;
  const q = inputs['q'] as TensorInfo;
  const [B, T, H] = q.shape as [number, number, number];
  const out = backend.output(q.shape, 'float32');
  const logSumExp = backend.output([B, H, T], 'float32');
  backend.run('Attention', ...problem(params), backend.handleOf(out), backend.handleOf(logSumExp));
  return [out, logSumExp];
}

function backward(params: NativeKernelParams): TensorInfo[] {
  const { inputs, backend } = params;
  const { dy, q, k, v, out, logSumExp } = inputs as Record<string, TensorInfo>;
  const gradients = [q, k, v].map((x) => backend.output((x as TensorInfo).shape, 'float32'));
  const tensors = [dy, out, logSumExp, ...gradients] as TensorInfo[];
  const handles = tensors.map((tensor) => backend.handleOf(tensor));
  backend.run('AttentionGrad', ...problem(params), ...handles);
  return gradients;
}

/** What both instructions read first. */
function problem({ inputs, attrs, backend }: NativeKernelParams): number[] {
  const { q, k, v } = inputs as Record<'q' | 'k' | 'v', TensorInfo>;
  const mask = inputs['mask'];
  const { isCausal, scale, keyLength, queryOffset, dropout, seed } = attrs as AttentionAttrs;
  const { window = 0, softcap = 0 } = attrs as AttentionAttrs;
  return [
    ...shapeArgs(q.shape),
    ...shapeArgs(k.shape),
    keyLength,
    isCausal ? 1 : 0,
    queryOffset,
    scale,
    window,
    softcap,
    seed,
    dropout === 0 ? 0 : dropThreshold(dropout),
    1 / (1 - dropout),
    mask?.shape[1] ?? 0,
    mask?.dtype === 'float32' ? 1 : 0,
    ...[q, k, v].map((tensor) => backend.handleOf(tensor)),
    mask ? backend.handleOf(mask) : -1,
  ];
}
