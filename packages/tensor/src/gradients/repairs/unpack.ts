// Unpack: tfjs's gradient fails where there is one part only, whose gradient comes without a list around it.
import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, NamedAttrMap, Tensor } from '@tensorflow/tfjs-core';

export const unpackGradient: GradConfig = {
  kernelName: 'Unpack',
  gradFunc: (dys, _saved, attrs: NamedAttrMap) => {
    const parts = (Array.isArray(dys) ? dys : [dys]) as Tensor[];
    return { value: () => tf.stack(parts, attrs['axis'] as number) };
  },
};
