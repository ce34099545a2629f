/** What TensorFlow's backends need beside tfjs-node's own kernels: ours that write in place, and repairs. */
import * as tf from '@tensorflow/tfjs-core';
import { repairResizing } from '../repairs/resize-gradients.ts';
import { wrapKernel } from '../repairs/wrap-kernel.ts';
import { acceptExplicitPadding } from './explicit-padding.ts';
import { withPositiveAxis } from './gather-axis.ts';
import { TENSORFLOW_KERNELS } from './in-place-kernels.ts';

let isPrepared = false;

/** The peer must have been loaded. Does nothing the second time. */
export function prepareTensorFlow(): void {
  if (isPrepared) return;
  isPrepared = true;
  wrapKernel('tensorflow', 'GatherV2', withPositiveAxis);
  repairResizing('tensorflow');
  acceptExplicitPadding();
  for (const kernel of TENSORFLOW_KERNELS)
    tf.registerKernel({ ...kernel, backendName: 'tensorflow' });
}
