// The lists of tensors that one step of an optimizer reads and writes.
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { expectDtype, expectShape, fail } from './expect.ts';

/** Lists of one length, each entry of its parameter's shape, float32. */
export interface OptimizerTensors {
  /** Change in place. */
  readonly params: readonly Variable[];
  /** Read only; they stay the caller's. */
  readonly grads: readonly Tensor[];
  /** First moments or momentum, zeros before the first step; change in place. */
  readonly mu: readonly Variable[];
}

/** Runs an in-place kernel over them: inputs `p0, g0, m0, p1, …`, and more by letter from `others`. */
export function runOptimizerKernel(
  op: string,
  kernelName: string,
  { params, grads, mu, ...others }: OptimizerTensors & { readonly nu?: readonly Variable[] },
  attrs: object,
): void {
  const { nu } = others;
  checkLists(op, params, nu ? { grads, mu, nu } : { grads, mu });
  const inputs: Record<string, Tensor> = {};
  params.forEach((param, i) => {
    for (const variable of [param, mu[i]!, ...(nu ? [nu[i]!] : [])]) detach(variable);
    inputs[`p${i}`] = param;
    inputs[`g${i}`] = grads[i]!;
    inputs[`m${i}`] = mu[i]!;
    if (nu) inputs[`v${i}`] = nu[i]!;
  });
  tf.engine().runKernel<Tensor[]>(kernelName, inputs, { ...attrs });
}

/** One number for each of `count` parameters. */
export function perParameter(
  op: string,
  name: string,
  value: number | readonly number[],
  count: number,
): readonly number[] {
  if (typeof value === 'number') return new Array<number>(count).fill(value);
  if (value.length === count) return value;
  return fail(op, name, `${count} numbers`, `${value.length}`, 'Give one for each parameter.');
}

function checkLists(
  op: string,
  params: readonly Variable[],
  lists: Readonly<Record<string, readonly Tensor[]>>,
): void {
  for (const [name, list] of Object.entries(lists)) {
    if (list.length !== params.length) {
      const got = `${list.length}`;
      fail(op, name, `${params.length} tensors`, got, 'Give one for each parameter.');
    }
    list.forEach((tensor, i) => {
      expectDtype(op, `${name}[${i}]`, tensor, 'float32');
      expectShape(op, `${name}[${i}]`, tensor, params[i]!.shape, "the parameter's shape");
    });
  }
  params.forEach((param, i) => expectDtype(op, `params[${i}]`, param, 'float32'));
}

/** Gives a variable memory of its own where a clone shares it: the clone keeps the old values. */
function detach(variable: Variable): void {
  if (tf.engine().backend.refCount(variable.dataId) === 1) return;
  const copy = tf.tidy(() => tf.mul(variable, 1));
  variable.assign(copy);
  copy.dispose();
}
