// sum += term where it lies: gradients of a shared tensor are added up without a third buffer.
import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import type { FusedKernel } from './composite.ts';
import { readValues, valuesInPlace } from './values-in-place.ts';

/** {sum [..], term [..]} of one shape: sum[i] += term[i]; no output */
const kernelFunc: KernelFunc = ({ inputs, backend }) => {
  const term = readValues(backend, inputs['term'] as TensorInfo);
  const sum = valuesInPlace('addInto', backend, inputs['sum'] as TensorInfo);
  for (let i = 0; i < sum.length; i++) sum[i]! += term[i]!;
  return [];
};

export const addInto: FusedKernel = { kernelName: 'AddInto', kernelFunc };
