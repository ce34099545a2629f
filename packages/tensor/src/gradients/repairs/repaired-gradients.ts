// Gradients of tfjs's own kernels that tfjs has wrong or lacks, by name.
import type { GradConfig } from '@tensorflow/tfjs-core';
import { avgPool3DGradient, avgPoolGradient } from './avg-pool.ts';
import { batchMatMulGradient } from './batch-mat-mul.ts';
import { conv2DGradient, depthwiseConv2DGradient } from './conv2d.ts';
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
import { unpackGradient } from './unpack.ts';

export const REPAIRED_GRADIENTS: readonly GradConfig[] = [
  avgPoolGradient,
  avgPool3DGradient,
  batchMatMulGradient,
  conv2DGradient,
  depthwiseConv2DGradient,
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
  unpackGradient,
];
