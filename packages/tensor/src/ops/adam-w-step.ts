import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import type { AdamWAttrs } from '../kernels/adam-w-step.ts';
import { expectDtype, expectShape, fail } from './expect.ts';

/** What one step reads and writes: four lists of one length, each entry of its parameter's shape. */
export interface AdamWTensors {
  /** Change in place. */
  readonly params: readonly Variable[];
  /** Read only; they stay the caller's. */
  readonly grads: readonly Tensor[];
  /** First moments, zeros before the first step; change in place. */
  readonly mu: readonly Variable[];
  /** Second moments, likewise. */
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
  /** For all parameters, or one for each. */
  readonly weightDecay: number | readonly number[];
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
  checkLists(tensors);
  const inputs: Record<string, Tensor> = {};
  const { params, grads, mu, nu } = tensors;
  params.forEach((param, i) => {
    for (const variable of [param, mu[i]!, nu[i]!]) detach(variable);
    inputs[`p${i}`] = param;
    inputs[`g${i}`] = grads[i]!;
    inputs[`m${i}`] = mu[i]!;
    inputs[`v${i}`] = nu[i]!;
  });
  tf.engine().runKernel<Tensor[]>('AdamWStep', inputs, coefficients(params.length, options));
}

function coefficients(count: number, options: AdamWOptions): AdamWAttrs {
  const { step, learningRate, b1, b2, eps, weightDecay, gradScale = 1 } = options;
  if (!Number.isInteger(step) || step < 1) {
    throw new RangeError(`adamWStep: step: expected an integer from 1, got ${step}.`);
  }
  const decayOf = (i: number) => (typeof weightDecay === 'number' ? weightDecay : weightDecay[i]!);
  if (typeof weightDecay !== 'number' && weightDecay.length !== count) {
    const got = `${weightDecay.length}`;
    fail('adamWStep', 'weightDecay', `${count} numbers`, got, 'Give one for each parameter.');
  }
  return {
    b1,
    b2,
    eps,
    gradScale,
    stepSize: learningRate / (1 - b1 ** step),
    nuScale: 1 / Math.sqrt(1 - b2 ** step),
    decays: Array.from({ length: count }, (_, i) => 1 - learningRate * decayOf(i)),
  };
}

function checkLists({ params, grads, mu, nu }: AdamWTensors): void {
  for (const [name, list] of Object.entries({ grads, mu, nu })) {
    if (list.length !== params.length) {
      const got = `${list.length}`;
      fail('adamWStep', name, `${params.length} tensors`, got, 'Give one for each parameter.');
    }
    list.forEach((tensor, i) => {
      expectDtype('adamWStep', `${name}[${i}]`, tensor, 'float32');
      expectShape('adamWStep', `${name}[${i}]`, tensor, params[i]!.shape, "the parameter's shape");
    });
  }
  params.forEach((param, i) => expectDtype('adamWStep', `params[${i}]`, param, 'float32'));
}

/** Gives a variable memory of its own where a clone shares it: the clone keeps the old values. */
function detach(variable: Variable): void {
  if (tf.engine().backend.refCount(variable.dataId) === 1) return;
  const copy = tf.tidy(() => tf.mul(variable, 1));
  variable.assign(copy);
  copy.dispose();
}
