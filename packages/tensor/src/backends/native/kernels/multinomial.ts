/**
 * Multinomial: the probabilities in C++, the drawing in tfjs's JavaScript kernel, so that a seed gives the
 * same samples as on its cpu backend. That part counts as a fallback.
 */
import { getKernel, type TensorInfo } from '@tensorflow/tfjs-core';
import type { NativeKernel } from '../native-kernel.ts';
import { SOFTMAX_KERNELS } from './softmax.ts';

export const MULTINOMIAL_KERNELS: readonly NativeKernel[] = Object.freeze([
  {
    kernelName: 'Multinomial',
    kernelFunc({ inputs, attrs, backend }) {
      const logits = inputs['logits'] as TensorInfo;
      const [softmax] = SOFTMAX_KERNELS as [NativeKernel];
      const probabilities = attrs['normalized']
        ? logits
        : (softmax.kernelFunc({ inputs: { logits }, attrs: { dim: -1 }, backend }) as TensorInfo);
      const draw = getKernel('Multinomial', 'cpu').kernelFunc;
      backend.counts.fallback['Multinomial'] = (backend.counts.fallback['Multinomial'] ?? 0) + 1;
      const samples = draw({
        inputs: { logits: probabilities },
        attrs: { ...attrs, normalized: true },
        backend,
      });
      if (probabilities !== logits) backend.disposeIntermediateTensorInfo(probabilities);
      return samples;
    },
  },
]);
