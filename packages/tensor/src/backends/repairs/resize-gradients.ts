/** The gradients of image resizing: tfjs's own leave `halfPixelCenters` out, on every backend. */
import { resizeBilinearGrad, resizeNearestNeighborGrad } from '../../kernels/resize-grad.ts';
import { wrapKernel } from './wrap-kernel.ts';

/** The backend's kernels must be registered. */
export function repairResizing(backendName: string): void {
  for (const { kernelName, kernelFunc } of [resizeBilinearGrad, resizeNearestNeighborGrad]) {
    wrapKernel(backendName, kernelName, () => kernelFunc);
  }
}
