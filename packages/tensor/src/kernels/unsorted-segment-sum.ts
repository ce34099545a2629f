// UnsortedSegmentSum for backends that have none (wasm): without it gather has no gradient.
import * as tf from '@tensorflow/tfjs-core';
import { composite, required } from './composite.ts';

export type UnsortedSegmentSumAttrs = { numSegments: number };

/** {x [N, ..], segmentIds int32 [N]} → [numSegments, ..]; a segment id outside the range is left out. */
export const unsortedSegmentSum = composite<UnsortedSegmentSumAttrs>(
  'UnsortedSegmentSum',
  (inputs, { numSegments }) => {
    const x = required(inputs, 'x');
    const ids = required(inputs, 'segmentIds').dataSync();
    const values = x.dataSync();
    const width = x.size / Math.max(1, ids.length);
    const sums = new Float32Array(numSegments * width);
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i]!;
      if (id < 0 || id >= numSegments) continue;
      for (let c = 0; c < width; c++) sums[id * width + c]! += values[i * width + c]!;
    }
    return tf.tensor(sums, [numSegments, ...x.shape.slice(1)]);
  },
);
