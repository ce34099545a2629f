// Gradients of tfjs's own kernels that tfjs has wrong or lacks, by name.
import type { GradConfig } from '@tensorflow/tfjs-core';
import { batchMatMulGradient } from './batch-mat-mul.ts';
import { cumsumGradient } from './cumsum.ts';
import { einsumGradient } from './einsum.ts';
import { maximumGradient, minimumGradient, squaredDifferenceGradient } from './elementwise.ts';
import {
  gatherGradient,
  gatherNdGradient,
  scatterNdGradient,
  stridedSliceGradient,
  topKGradient,
} from './scattered.ts';
import { tileGradient } from './tile.ts';

export const REPAIRED_GRADIENTS: readonly GradConfig[] = [
  batchMatMulGradient,
  maximumGradient,
  minimumGradient,
  squaredDifferenceGradient,
  cumsumGradient,
  einsumGradient,
  gatherGradient,
  gatherNdGradient,
  scatterNdGradient,
  stridedSliceGradient,
  tileGradient,
  topKGradient,
];
