import type { LionAttrs } from '../kernels/momentum-steps.ts';
import { perParameter, runOptimizerKernel, type OptimizerTensors } from './optimizer-tensors.ts';

/** The numbers of one step. */
export interface LionOptions {
  readonly learningRate: number;
  /** Share of the momentum in the direction, 0.9 as a rule. */
  readonly b1: number;
  /** How much of the momentum stays, 0.99 as a rule. */
  readonly b2: number;
  /** Decoupled decay, for all parameters, or one for each. */
  readonly weightDecay: number | readonly number[];
  /** Multiplies every gradient first: clipping without another pass. @default 1 */
  readonly gradScale?: number;
}

/**
 * One step of Lion (Chen et al. 2023, Symbolic Discovery of Optimization Algorithms, algorithm 2) on all parameters.
 * Parameters and momentum `mu` change in place, in one kernel call.
 *
 * p ← p·(1 − lr·decay) − lr·sign(b1·μ + (1 − b1)·g); μ ← b2·μ + (1 − b2)·g; sign(0) = 0.
 *
 * @throws ShapeError where the lists do not fit each other
 */
export function lionStep(tensors: OptimizerTensors, options: LionOptions): void {
  const { learningRate, b1, b2, weightDecay, gradScale = 1 } = options;
  const decays = perParameter('lionStep', 'weightDecay', weightDecay, tensors.params.length);
  const attrs: LionAttrs = {
    b1,
    b2,
    learningRate,
    gradScale,
    decays: decays.map((decay) => 1 - learningRate * decay),
  };
  runOptimizerKernel('lionStep', 'LionStep', tensors, attrs);
}
