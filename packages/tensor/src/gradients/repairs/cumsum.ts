// Cumsum. tfjs's own gradient is transposed when the axis is not the last.
import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';

type CumsumAttrs = { axis: number; exclusive: boolean; reverse: boolean };

/** Each element reaches every later sum: its gradient is the sum of theirs, from the other end. */
export const cumsumGradient: GradConfig = {
  kernelName: 'Cumsum',
  gradFunc: (dy, _saved, attrs) => {
    const { axis, exclusive, reverse } = attrs as CumsumAttrs;
    return { x: () => tf.cumsum(dy as Tensor, axis, exclusive, !reverse) };
  },
};
