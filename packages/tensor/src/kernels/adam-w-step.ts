// One step of AdamW (Loshchilov and Hutter 2019, algorithm 2) for all parameters at once, in place.
import type { KernelFunc, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import type { FusedKernel } from './composite.ts';
import { readValues, valuesInPlace } from './values-in-place.ts';

/** The numbers of one step; see `adamWCoefficients` for where they come from. */
export type AdamWAttrs = {
  b1: number;
  b2: number;
  eps: number;
  gradScale: number;
  /** learning rate / (1 − b1^t) */
  stepSize: number;
  /** 1 / √(1 − b2^t) */
  nuScale: number;
  /** 1 − learning rate · weight decay, for each parameter */
  decays: number[];
  /** what is added to the gradient of each parameter: l2·p */
  l2s: number[];
};

/** The inputs of parameter i are named `p0`, `g0`, `m0`, `v0` and so on. */
export function adamWInputs(inputs: NamedTensorInfoMap, i: number) {
  const named = (letter: string) => inputs[letter + i] as TensorInfo;
  return { p: named('p'), g: named('g'), m: named('m'), v: named('v') };
}

/** p, m and v of every parameter change in place; no output */
const kernelFunc: KernelFunc = ({ inputs, attrs, backend }) => {
  const step = attrs as AdamWAttrs;
  step.decays.forEach((decay, i) => {
    const { p, g, m, v } = adamWInputs(inputs, i);
    const inPlace = (tensor: TensorInfo) => valuesInPlace('adamWStep', backend, tensor);
    const gradient = readValues(backend, g);
    update(inPlace(p), gradient, inPlace(m), inPlace(v), { decay, l2: step.l2s[i]! }, step);
  });
  return [];
};

function update(
  p: Float32Array,
  g: ArrayLike<number>,
  m: Float32Array,
  v: Float32Array,
  { decay, l2 }: { readonly decay: number; readonly l2: number },
  { b1, b2, eps, gradScale, stepSize, nuScale }: AdamWAttrs,
): void {
  for (let i = 0; i < p.length; i++) {
    const gradient = g[i]! * gradScale + l2 * p[i]!;
    const mean = b1 * m[i]! + (1 - b1) * gradient;
    const square = b2 * v[i]! + (1 - b2) * gradient * gradient;
    m[i] = mean;
    v[i] = square;
    p[i] = p[i]! * decay - (stepSize * mean) / (Math.sqrt(square) * nuScale + eps);
  }
}

export const adamWStep: FusedKernel = { kernelName: 'AdamWStep', kernelFunc };
