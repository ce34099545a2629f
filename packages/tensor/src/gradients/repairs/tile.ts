// Tile, and with it broadcastTo. tfjs's own gradient slices and adds each repeat, up to rank 4.
import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';

/** The sum over the repeats, one dimension at a time: [before, reps, dim · after] → [before, dim · after]. */
export const tileGradient: GradConfig = {
  kernelName: 'Tile',
  inputsToSave: ['x'],
  gradFunc: (dy, saved, attrs) => {
    const { shape } = saved[0]!;
    const { reps } = attrs as { reps: number[] };
    const dx = () => {
      let sum = dy as Tensor;
      reps.forEach((repeats, d) => {
        if (repeats === 1) return;
        const before = tf.util.sizeFromShape(shape.slice(0, d));
        sum = tf.sum(tf.reshape(sum, [before, repeats, -1]), 1);
      });
      return tf.reshape(sum, shape);
    };
    return { x: dx };
  },
};
