/**
 * BatchMatMul of the cpu and wasm backends repeats the batches of one operand cyclically, which is
 * broadcasting only where its batch dimensions are the last ones of the result's: [2, 1] with [1, 3] comes
 * out wrong. Here such operands are repeated before.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { withoutTemporaries, type KernelWrapper } from './wrap-kernel.ts';

export const withBatchBroadcast: KernelWrapper = (original) => (params) => {
  const { a, b } = params.inputs as Record<'a' | 'b', Tensor>;
  const batches = [a, b].map(({ shape }) => shape.slice(0, -2)) as [number[], number[]];
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(...batches);
  if (batches.every((shape) => isSuffix(shape, batch))) return original(params);
  const wide = (x: Tensor) => tf.broadcastTo(x, [...batch, ...x.shape.slice(-2)]);
  return withoutTemporaries(() => original({ ...params, inputs: { a: wide(a), b: wide(b) } }));
};

/** Whether the shape, without ones in front, is the end of the other. */
function isSuffix(shape: readonly number[], whole: readonly number[]): boolean {
  const first = shape.findIndex((dim) => dim !== 1);
  const rest = first < 0 ? [] : shape.slice(first);
  return rest.every((dim, i) => dim === whole[whole.length - rest.length + i]);
}
