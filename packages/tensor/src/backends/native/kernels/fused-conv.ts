/**
 * FusedConv2D and FusedDepthwiseConv2D: the convolution, a bias and an activation. What the C++ can't
 * add while it writes (a bias of another shape, PReLU's weights) runs as kernels of its own.
 */
import { getKernel, type NamedAttrMap, type TensorInfo } from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../native-backend.ts';
import { areAll, sizeOf, type NativeKernel, type NativeKernelParams } from '../native-kernel.ts';
import { convForward, geometry2D } from './conv.ts';

/** Positions are the numbers of native/kernels/gemm/gemm_simd.h. */
const FUSED_ACTIVATIONS = ['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu'];

/** The kernel of every activation that tfjs fuses. */
const ACTIVATION_KERNELS: Readonly<Record<string, string>> = Object.freeze({
  relu: 'Relu',
  relu6: 'Relu6',
  elu: 'Elu',
  sigmoid: 'Sigmoid',
  leakyrelu: 'LeakyRelu',
  prelu: 'Prelu',
});

interface Fused {
  readonly activation: string;
  readonly alpha: number;
}

function fusedOf(attrs: NamedAttrMap): Fused {
  return {
    activation: (attrs['activation'] as string | null | undefined) ?? 'linear',
    alpha: (attrs['leakyreluAlpha'] as number | undefined) ?? 0.2,
  };
}

/** Runs another kernel of this backend on `x`, which it frees. */
function replace(
  backend: NativeBackend,
  kernelName: string,
  x: TensorInfo,
  inputs: Record<string, TensorInfo>,
  attrs: NamedAttrMap = {},
): TensorInfo {
  const kernel = getKernel(kernelName, backend.registeredName);
  const result = kernel.kernelFunc({ inputs, attrs, backend }) as TensorInfo;
  backend.disposeIntermediateTensorInfo(x);
  return result;
}

/** A vector of one value per channel, shaped to broadcast over an NCHW image. */
function perChannel(tensor: TensorInfo, attrs: NamedAttrMap): TensorInfo {
  const isVector = tensor.shape.length === 1 && tensor.shape[0] !== 1;
  if (attrs['dataFormat'] !== 'NCHW' || !isVector) return tensor;
  return { ...tensor, shape: [sizeOf(tensor), 1, 1] };
}

function finish(
  x: TensorInfo,
  { inputs, attrs, backend }: NativeKernelParams,
  { activation, alpha }: Fused,
): TensorInfo {
  const { bias, preluActivationWeights } = inputs as Record<string, TensorInfo | undefined>;
  let out = x;
  if (bias != null) out = replace(backend, 'Add', out, { a: out, b: perChannel(bias, attrs) });
  if (activation === 'linear') return out;
  const kernelName = ACTIVATION_KERNELS[activation];
  if (kernelName === undefined) {
    throw new Error(`Activation ${activation} has not been implemented for the native backend.`);
  }
  if (preluActivationWeights == null)
    return replace(backend, kernelName, out, { x: out }, { alpha });
  const weights = perChannel(preluActivationWeights, attrs);
  return replace(backend, kernelName, out, { x: out, alpha: weights });
}

function fusedConv2D(params: NativeKernelParams): TensorInfo {
  const { inputs, attrs, backend } = params;
  const { x, filter, bias } = inputs as Record<'x' | 'filter' | 'bias', TensorInfo>;
  const fused = fusedOf(attrs);
  const activation = FUSED_ACTIVATIONS.indexOf(fused.activation);
  const N = filter.shape[3] as number;
  const hasRowBias = bias == null || (sizeOf(bias) === N && bias.shape.at(-1) === N);
  if (activation >= 0 && hasRowBias && attrs['dataFormat'] !== 'NCHW') {
    const geometry = geometry2D(x.shape, filter.shape, attrs);
    const epilogue = { bias: bias ?? undefined, activation, alpha: fused.alpha };
    return convForward(backend, geometry, [x, filter], epilogue);
  }
  const kernel = getKernel('Conv2D', backend.registeredName);
  const conv = kernel.kernelFunc({ inputs: { x, filter }, attrs, backend });
  return finish(conv as TensorInfo, params, fused);
}

function fusedDepthwiseConv2D(params: NativeKernelParams): TensorInfo {
  const { inputs, attrs, backend } = params;
  const { x, filter } = inputs as Record<'x' | 'filter', TensorInfo>;
  const kernel = getKernel('DepthwiseConv2dNative', backend.registeredName);
  const conv = kernel.kernelFunc({ inputs: { x, filter }, attrs, backend }) as TensorInfo;
  return finish(conv, params, fusedOf(attrs));
}

export const FUSED_CONV_KERNELS: readonly NativeKernel[] = Object.freeze([
  {
    kernelName: 'FusedConv2D',
    supports: ({ inputs }) => areAll('float32', inputs),
    kernelFunc: fusedConv2D,
  },
  {
    kernelName: 'FusedDepthwiseConv2D',
    supports: ({ inputs }) => areAll('float32', inputs),
    kernelFunc: fusedDepthwiseConv2D,
  },
]);
