/** Repairs of tfjs's own cpu and wasm kernels, made once when the backend is started. */
import * as tf from '@tensorflow/tfjs-core';
import { conv3DBackpropFilter, conv3DBackpropInput } from '../../kernels/conv-grad.ts';
import { einsum } from '../../kernels/einsum.ts';
import { maxPool3DGrad, maxPoolGrad } from '../../kernels/max-pool-grad.ts';
import { withBatchBroadcast } from './batch-broadcast.ts';
import { withBatchDims } from './gather-batches.ts';
import { withNanAndIntegers } from './clip-values.ts';
import { withIntegers } from './integer-matmul.ts';
import { repairResizing } from './resize-gradients.ts';
import { withOwnDtype } from './strided-slice-dtype.ts';
import { refuseFailedAllocations, refuseHighRanks, type Allocator } from './wasm-limits.ts';
import { wrapKernel } from './wrap-kernel.ts';

const repaired = new Set<string>();

/** The kernels must be registered. Does nothing the second time. */
export function repairCpu(): void {
  if (repaired.has('cpu')) return;
  repaired.add('cpu');
  wrapKernel('cpu', 'BatchMatMul', withBatchBroadcast);
  repairResizing('cpu');
  wrapKernel('cpu', 'MaxPool3DGrad', () => maxPool3DGrad.kernelFunc);
  wrapKernel('cpu', 'Einsum', () => einsum.kernelFunc); // tfjs's own loses the shape of 'ij,k->k'
}

/** The backend must be started. Does nothing the second time. */
export function repairWasm(): void {
  if (repaired.has('wasm')) return;
  repaired.add('wasm');
  wrapKernel('wasm', 'BatchMatMul', withBatchBroadcast);
  wrapKernel('wasm', 'BatchMatMul', withIntegers);
  wrapKernel('wasm', 'ClipByValue', withNanAndIntegers);
  wrapKernel('wasm', 'GatherV2', withBatchDims);
  wrapKernel('wasm', 'StridedSlice', withOwnDtype);
  repairResizing('wasm');
  wrapKernel('wasm', 'MaxPoolGrad', () => maxPoolGrad.kernelFunc);
  wrapKernel('wasm', 'MaxPool3DGrad', () => maxPool3DGrad.kernelFunc);
  // Wrong with a stride or padding.
  wrapKernel('wasm', conv3DBackpropFilter.kernelName, () => conv3DBackpropFilter.kernelFunc);
  wrapKernel('wasm', conv3DBackpropInput.kernelName, () => conv3DBackpropInput.kernelFunc);
  refuseHighRanks();
  const { wasm } = tf.findBackend('wasm') as tf.KernelBackend & { wasm: Allocator };
  refuseFailedAllocations(wasm);
}
