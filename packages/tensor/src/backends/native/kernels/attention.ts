/** Attention and its gradient, with and without a mask and a bias, float32. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { AttentionAttrs } from '../../../kernels/attention.ts';
import { dropThreshold } from '../../../kernels/dropout.ts';
import { shapeArgs, type NativeKernel, type NativeKernelParams } from '../native-kernel.ts';

const MAX_HEAD_DIM = 512; // kMaxHeadDim of attention.h

const NAMES = ['Attention', 'MaskedAttention', 'BiasedAttention', 'MaskedBiasedAttention'];

export const ATTENTION_KERNELS: readonly NativeKernel[] = Object.freeze(
  NAMES.flatMap((name): NativeKernel[] => [
    { kernelName: name, supports: hasSmallHeads, kernelFunc: forward },
    { kernelName: `${name}Grad`, supports: hasOwnBiases, kernelFunc: backward },
  ]),
);

function hasSmallHeads({ inputs }: NativeKernelParams): boolean {
  return ((inputs['q'] as TensorInfo).shape[3] as number) <= MAX_HEAD_DIM;
}

/** A bias that several heads share gets a share of its gradient from each, which the C++ does not add up. */
function hasOwnBiases(params: NativeKernelParams): boolean {
  const { q, bias } = params.inputs as { q: TensorInfo; bias?: TensorInfo };
  return hasSmallHeads(params) && (bias === undefined || bias.shape[1] === q.shape[2]);
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
  const { bias } = inputs;
  const inTurn = [q, k, v, ...(bias ? [bias] : [])] as TensorInfo[];
  const gradients = inTurn.map(({ shape }) => backend.output(shape, 'float32'));
  const tensors = [dy, out, logSumExp, ...gradients] as TensorInfo[];
  const handles = tensors.map((tensor) => backend.handleOf(tensor));
  backend.run('AttentionGrad', ...problem(params), ...handles);
  return gradients;
}

/** What both instructions read first. */
function problem({ inputs, attrs, backend }: NativeKernelParams): number[] {
  const { q, k, v } = inputs as Record<'q' | 'k' | 'v', TensorInfo>;
  const { bias, mask } = inputs;
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
    bias?.shape[0] ?? 1,
    bias?.shape[1] ?? 1,
    ...[q, k, v].map((tensor) => backend.handleOf(tensor)),
    bias ? backend.handleOf(bias) : -1,
    mask ? backend.handleOf(mask) : -1,
  ];
}
