import type { Variable } from '@tensorflow/tfjs-core';
import type { AdamWAttrs } from '../kernels/adam-w-step.ts';
import { perParameter, runOptimizerKernel, type OptimizerTensors } from './optimizer-tensors.ts';

/** What one step reads and writes: four lists of one length, each entry of its parameter's shape. */
export interface AdamWTensors extends OptimizerTensors {
  /** Second moments, zeros before the first step; change in place. */
  readonly nu: readonly Variable[];
}

/** The numbers of one step. */
export interface AdamWOptions {
  /** Number of this step, from 1: the bias correction depends on it. */
  readonly step: number;
  /** Of this step, as the schedule has it. */
  readonly learningRate: number;
  /** How much of the first moment stays, 0.9 as a rule. */
  readonly b1: number;
  /** How much of the second moment stays, 0.95 to 0.999. */
  readonly b2: number;
  /** Added to the root of the second moment, 1e-8 as a rule. */
  readonly eps: number;
  /** Decoupled decay, for all parameters, or one for each. */
  readonly weightDecay: number | readonly number[];
  /** Adam's decay instead: added to the gradient as l2·p, likewise. @default 0 */
  readonly l2?: number | readonly number[];
  /** Multiplies every gradient first: clipping without another pass. @default 1 */
  readonly gradScale?: number;
}

/**
 * One step of AdamW (Loshchilov and Hutter 2019) on all parameters, as torch.optim.AdamW computes
 * it. Parameters and moments change in place, in one kernel call.
 *
 * For gradient g of step t: p ← p·(1 − lr·decay); μ ← b1·μ + (1 − b1)·g; ν ← b2·ν + (1 − b2)·g²;
 * p ← p − lr · μ/(1 − b1^t) / (√(ν/(1 − b2^t)) + eps).
 *
 * @throws ShapeError where the lists do not fit each other
 */
export function adamWStep(tensors: AdamWTensors, options: AdamWOptions): void {
  const attrs = coefficients(tensors.params.length, options);
  runOptimizerKernel('adamWStep', 'AdamWStep', tensors, attrs);
}

function coefficients(count: number, options: AdamWOptions): AdamWAttrs {
  const { step, learningRate, b1, b2, eps, weightDecay, l2 = 0, gradScale = 1 } = options;
  if (!Number.isInteger(step) || step < 1) {
    throw new RangeError(`adamWStep: step: expected an integer from 1, got ${step}.`);
  }
  const decays = perParameter('adamWStep', 'weightDecay', weightDecay, count);
  return {
    b1,
    b2,
    eps,
    gradScale,
    stepSize: learningRate / (1 - b1 ** step),
    nuScale: 1 / Math.sqrt(1 - b2 ** step),
    decays: decays.map((decay) => 1 - learningRate * decay),
    l2s: [...perParameter('adamWStep', 'l2', l2, count)],
  };
}
