import type { SgdMomentumAttrs } from '../kernels/momentum-steps.ts';
import { perParameter, runOptimizerKernel, type OptimizerTensors } from './optimizer-tensors.ts';

/** The numbers of one step. */
export interface SgdMomentumOptions {
  /** Number of this step, from 1: the first takes the gradient as the momentum. */
  readonly step: number;
  readonly learningRate: number;
  /** How much of the momentum stays, 0.9 as a rule. */
  readonly momentum: number;
  /** How much less than the whole gradient enters it. @default 0 */
  readonly dampening?: number;
  /** Look ahead: move by gradient + momentum · m. @default false */
  readonly nesterov?: boolean;
  /** Added to the gradient as l2·p, for all parameters, or one for each. @default 0 */
  readonly l2?: number | readonly number[];
  /** Multiplies every gradient first: clipping without another pass. @default 1 */
  readonly gradScale?: number;
}

/**
 * One step of SGD with momentum on all parameters, as torch.optim.SGD computes it. Parameters and momentum `mu`
 * change in place, in one kernel call.
 *
 * g ← gradScale·g + l2·p; μ ← momentum·μ + (1 − dampening)·g (g in the first step);
 * p ← p − lr·μ, or p − lr·(g + momentum·μ) with nesterov.
 *
 * @throws ShapeError where the lists do not fit each other
 */
export function sgdMomentumStep(tensors: OptimizerTensors, options: SgdMomentumOptions): void {
  const { step, learningRate, momentum, dampening = 0, nesterov = false } = options;
  const { l2 = 0, gradScale = 1 } = options;
  if (!Number.isInteger(step) || step < 1) {
    throw new RangeError(`sgdMomentumStep: step: expected an integer from 1, got ${step}.`);
  }
  const attrs: SgdMomentumAttrs = {
    momentum,
    gain: step === 1 ? 1 : 1 - dampening,
    nesterov,
    learningRate,
    gradScale,
    l2s: [...perParameter('sgdMomentumStep', 'l2', l2, tensors.params.length)],
  };
  runOptimizerKernel('sgdMomentumStep', 'SgdMomentumStep', tensors, attrs);
}
