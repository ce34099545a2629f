// Rotary position embedding, Su et al. 2021 (arXiv 2104.09864), in the half-split layout of Llama
// and GPT-NeoX: component i is rotated together with component i + D/2. The gradient is the
// rotation by the opposite angle, so it is the same kernel with `isInverse`.
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { composite, required, type KernelInputs } from './composite.ts';

export type RotaryAttrs = { offset: number; isInverse: boolean };

/** {x [B, T, H, D], cos [S, D/2], sin [S, D/2]}: row t has position offset + t → same shape as x */
export const rotary = composite<RotaryAttrs>('Rotary', (inputs, { offset, isInverse }) => {
  const T = required(inputs, 'x').shape[1]!;
  const rows = (table: Tensor) => {
    const half = table.shape[1]!;
    return tf.reshape(tf.slice(table, [offset, 0], [T, half]), [1, T, 1, half]);
  };
  return rotate(inputs, rows, isInverse);
});

/** The same with positions [B, T] int32: {x, cos, sin, positions} → same shape as x */
export const rotaryAt = composite<RotaryAttrs>('RotaryAt', (inputs, { isInverse }) => {
  const positions = required(inputs, 'positions');
  const [B, T] = positions.shape as [number, number];
  checkPositions(positions.dataSync(), required(inputs, 'cos').shape[0]!);
  const rows = (table: Tensor) =>
    tf.reshape(tf.gather(table, tf.reshape(positions, [-1])), [B, T, 1, table.shape[1]!]);
  return rotate(inputs, rows, isInverse);
});

function rotate(inputs: KernelInputs, rows: (table: Tensor) => Tensor, isInverse: boolean): Tensor {
  const x = required(inputs, 'x');
  const [B, T, H, D] = x.shape as [number, number, number, number];
  const half = D / 2;
  const cos = rows(required(inputs, 'cos')); // [1 or B, T, 1, D/2]
  const sinForward = rows(required(inputs, 'sin'));
  const sin = isInverse ? tf.neg(sinForward) : sinForward;
  const first = tf.slice(x, [0, 0, 0, 0], [B, T, H, half]);
  const second = tf.slice(x, [0, 0, 0, half], [B, T, H, half]);
  const rotatedFirst = tf.sub(tf.mul(first, cos), tf.mul(second, sin));
  const rotatedSecond = tf.add(tf.mul(second, cos), tf.mul(first, sin));
  return tf.concat([rotatedFirst, rotatedSecond], 3); // [B, T, H, D]
}

function checkPositions(positions: ArrayLike<number>, rows: number): void {
  for (let i = 0; i < positions.length; i++) {
    const position = positions[i]!;
    if (!(position >= 0 && position < rows)) throw positionError(position, i, rows);
  }
}

/** What a position outside the tables throws, on every backend. */
export function positionError(position: number, i: number, rows: number): RangeError {
  return new RangeError(
    `rotary: positions: expected 0 to ${rows - 1}, got ${position} at index ${i}. ` +
      'Make the tables as long as the longest sequence.',
  );
}
