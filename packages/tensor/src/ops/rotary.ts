import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { expectDtype, expectInteger, expectShape } from './expect.ts';
import type { RotaryTables } from './rotary-tables.ts';

/**
 * Rotary position embedding, Su et al. 2021 (arXiv 2104.09864), pairing component i with i + D/2
 * (the layout of Llama and GPT-NeoX).
 * @param x queries or keys [B, T, H, D] float32
 * @param tables from `rotaryTables`, each [S, D/2]
 * @param positions the position of row 0 (row t has positions + t), or one position for each row,
 *   [B, T] int32, each below S
 * @returns same shape as x, owned by the caller
 * @throws ShapeError
 */
export function rotary(x: Tensor, tables: RotaryTables, positions: number | Tensor): Tensor {
  expectDtype('rotary', 'x', x, 'float32');
  expectShape('rotary', 'x', x, [null, null, null, null], '[B, T, H, D]');
  const [B, T, , D] = x.shape as [number, number, number, number];
  const { cos, sin } = tables;
  expectShape('rotary', 'tables.cos', cos, [null, D / 2], '[S, D/2]');
  expectShape('rotary', 'tables.sin', sin, [cos.shape[0]!, D / 2], '[S, D/2]');
  if (typeof positions === 'number') {
    expectInteger('rotary', 'positions', positions, 0, cos.shape[0]! - T);
    const attrs = { offset: positions, isInverse: false };
    return tf.engine().runKernel<Tensor>('Rotary', { x, cos, sin }, attrs);
  }
  expectDtype('rotary', 'positions', positions, 'int32');
  expectShape('rotary', 'positions', positions, [B, T], '[B, T]');
  const attrs = { offset: 0, isInverse: false };
  return tf.engine().runKernel<Tensor>('RotaryAt', { x, cos, sin, positions }, attrs);
}
