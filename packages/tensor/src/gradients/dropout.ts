// Dropout is linear in x and its mask a function of the seed: dx is dropout of dy.
import type { GradConfig, NamedAttrMap, Tensor } from '@tensorflow/tfjs-core';
import { runGrad } from './run-grad.ts';

export const dropoutGradient: GradConfig = {
  kernelName: 'Dropout',
  gradFunc: (dy, _saved, attrs) => ({
    x: () => runGrad('Dropout', { x: dy as Tensor }, attrs as NamedAttrMap),
  }),
};
