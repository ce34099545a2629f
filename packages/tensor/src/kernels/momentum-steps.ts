// One step of an optimizer whose state is one momentum for each parameter, for all parameters at once, in place:
// SGD with momentum (Polyak 1964; Nesterov as Sutskever et al. 2013) and Lion (Chen et al. 2023, algorithm 2).
import type { KernelFunc, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import type { FusedKernel } from './composite.ts';
import { readValues, valuesInPlace } from './values-in-place.ts';

export type SgdMomentumAttrs = {
  momentum: number;
  /** what the gradient enters the momentum with: 1 − dampening, 1 in the first step */
  gain: number;
  nesterov: boolean;
  learningRate: number;
  gradScale: number;
  /** what is added to the gradient of each parameter: l2·p */
  l2s: number[];
};

export type LionAttrs = {
  b1: number;
  b2: number;
  learningRate: number;
  gradScale: number;
  /** 1 − learning rate · weight decay, for each parameter */
  decays: number[];
};

/** The inputs of parameter i are named `p0`, `g0`, `m0` and so on. */
export function momentumInputs(inputs: NamedTensorInfoMap, i: number) {
  const named = (letter: string) => inputs[letter + i] as TensorInfo;
  return { p: named('p'), g: named('g'), m: named('m') };
}

type Kernel = Parameters<KernelFunc>[0];

/** Arrays of parameter i: p and m are written to. */
function arraysOf(op: string, { inputs, backend }: Kernel, i: number) {
  const { p, g, m } = momentumInputs(inputs, i);
  const gradient = readValues(backend, g); // may allocate, so it comes first
  return {
    p: valuesInPlace(op, backend, p),
    g: gradient,
    m: valuesInPlace(op, backend, m),
  };
}

const sgdMomentumKernel: KernelFunc = (kernel) => {
  const { momentum, gain, nesterov, learningRate, gradScale, l2s } =
    kernel.attrs as SgdMomentumAttrs;
  l2s.forEach((l2, tensor) => {
    const { p, g, m } = arraysOf('sgdMomentumStep', kernel, tensor);
    for (let i = 0; i < p.length; i++) {
      const gradient = g[i]! * gradScale + l2 * p[i]!;
      const buffer = momentum * m[i]! + gain * gradient;
      m[i] = buffer;
      p[i] = p[i]! - learningRate * (nesterov ? gradient + momentum * buffer : buffer);
    }
  });
  return [];
};

const lionKernel: KernelFunc = (kernel) => {
  const { b1, b2, learningRate, gradScale, decays } = kernel.attrs as LionAttrs;
  decays.forEach((decay, tensor) => {
    const { p, g, m } = arraysOf('lionStep', kernel, tensor);
    for (let i = 0; i < p.length; i++) {
      const gradient = g[i]! * gradScale;
      const mixed = Math.fround(b1 * m[i]! + (1 - b1) * gradient);
      m[i] = b2 * m[i]! + (1 - b2) * gradient;
      p[i] = p[i]! * decay - learningRate * Math.sign(mixed);
    }
  });
  return [];
};

export const sgdMomentumStep: FusedKernel = {
  kernelName: 'SgdMomentumStep',
  kernelFunc: sgdMomentumKernel,
};
export const lionStep: FusedKernel = { kernelName: 'LionStep', kernelFunc: lionKernel };
