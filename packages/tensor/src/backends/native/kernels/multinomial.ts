/**
 * Multinomial: samples of rows of probabilities (native/kernels/multinomial). A seed gives the same samples
 * as on tfjs's cpu backend.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { areAll, type NativeKernel } from '../native-kernel.ts';
import { SOFTMAX_KERNELS } from './softmax.ts';

export const MULTINOMIAL_KERNELS: readonly NativeKernel[] = Object.freeze([
  {
    kernelName: 'Multinomial',
    supports: ({ inputs }) => areAll('float32', inputs),
    kernelFunc({ inputs, attrs, backend }) {
      const logits = inputs['logits'] as TensorInfo;
      const [softmax] = SOFTMAX_KERNELS as [NativeKernel];
      const probabilities = attrs['normalized']
        ? logits
        : (softmax.kernelFunc({ inputs: { logits }, attrs: { dim: -1 }, backend }) as TensorInfo);
      const [rows, events] = logits.shape as [number, number];
      const samples = attrs['numSamples'] as number;
      const seed = Array.from(String(attrs['seed']), (unit) => unit.charCodeAt(0));
      const out = backend.output([rows, samples], 'int32');
      const handles = [backend.handleOf(probabilities), backend.handleOf(out)];
      backend.run('Multinomial', rows, events, samples, seed.length, ...seed, ...handles);
      if (probabilities !== logits) backend.disposeIntermediateTensorInfo(probabilities);
      return out;
    },
  },
]);
