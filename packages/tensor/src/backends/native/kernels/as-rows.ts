import type { TensorInfo } from '@tensorflow/tfjs-core';
import { shapeArgs, sizeOf } from '../native-kernel.ts';

/** The shape of [.., C] seen as rows, [N, C], as an instruction's arguments. */
export function asRows(x: TensorInfo): number[] {
  const C = x.shape[x.shape.length - 1] as number;
  return shapeArgs([C === 0 ? 0 : sizeOf(x) / C, C]);
}
