/** Rotary and RotaryAt (positions from a tensor), float32. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { positionError } from '../../../kernels/rotary.ts';
import { shapeArgs, type NativeKernel, type NativeKernelParams } from '../native-kernel.ts';

export const ROTARY_KERNELS: readonly NativeKernel[] = Object.freeze([
  { kernelName: 'Rotary', kernelFunc: rotate },
  { kernelName: 'RotaryAt', kernelFunc: rotate },
] satisfies NativeKernel[]);

function rotate({ inputs, attrs, backend }: NativeKernelParams): TensorInfo {
  const { x, cos, sin } = inputs as Record<'x' | 'cos' | 'sin', TensorInfo>;
  const positions = inputs['positions'];
  const rows = cos.shape[0] as number;
  const out = backend.output(x.shape, 'float32');
  const wrong = backend.run(
    'Rotary',
    ...shapeArgs(x.shape),
    rows,
    attrs['offset'] as number,
    attrs['isInverse'] ? 1 : 0,
    ...[x, cos, sin].map((tensor) => backend.handleOf(tensor)),
    positions ? backend.handleOf(positions) : -1,
    backend.handleOf(out),
  );
  if (wrong === 0) return out;
  backend.disposeData(out.dataId);
  const values = backend.readSync((positions as TensorInfo).dataId) as Int32Array;
  throw positionError(values[wrong - 1] as number, wrong - 1, rows);
}
