/** Concat and Pack: several tensors side by side in one. */
import { backend_util, util, type TensorInfo } from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../native-backend.ts';
import { sizeOf, type NativeKernel, type NativeKernelParams } from '../native-kernel.ts';
import { haveOneDtype } from './element-type.ts';
import { reshaped, stridedCopy } from './strided-copy.ts';

/** Each input is `rows` runs of elements; the runs of one row follow each other in the output. */
function joinRuns(
  backend: NativeBackend,
  inputs: TensorInfo[],
  rows: number,
  out: TensorInfo,
): TensorInfo {
  const outRun = sizeOf(out) / rows;
  let offset = 0;
  for (const input of inputs) {
    const run = sizeOf(input) / rows;
    const axes = [
      { dim: rows, from: run, to: outRun },
      { dim: run, from: 1, to: 1 },
    ];
    stridedCopy(backend, input, out, axes, { to: offset });
    offset += run;
  }
  return out;
}

function concatKernel({ inputs, attrs, backend }: NativeKernelParams): TensorInfo {
  const all = Object.values(inputs) as TensorInfo[];
  const first = all[0] as TensorInfo;
  const axis = util.parseAxisParam(attrs['axis'] as number, first.shape)[0] as number;
  const shapes = all.map((t) => t.shape);
  backend_util.assertParamsConsistent(shapes, axis);
  const shape = backend_util.computeOutShape(shapes, axis);
  if (util.sizeFromShape(shape) === 0) return backend.output(shape, first.dtype);
  const filled = all.filter((t) => sizeOf(t) > 0);
  if (filled.length === 1) return reshaped(backend, filled[0] as TensorInfo, shape);
  const rows = util.sizeFromShape(shape.slice(0, axis));
  return joinRuns(backend, filled, rows, backend.output(shape, first.dtype));
}

function packKernel({ inputs, attrs, backend }: NativeKernelParams): TensorInfo {
  const all = Object.values(inputs) as TensorInfo[];
  const first = all[0] as TensorInfo;
  const axis = attrs['axis'] as number;
  const place = axis < 0 ? first.shape.length + axis + 1 : axis;
  const message = 'All tensors passed to stack must have matching shapes';
  for (const t of all) util.assertShapesMatch(first.shape, t.shape, message);
  const shape = first.shape.toSpliced(place, 0, all.length);
  if (all.length === 1) return reshaped(backend, first, shape);
  const out = backend.output(shape, first.dtype);
  if (sizeOf(out) === 0) return out;
  return joinRuns(backend, all, util.sizeFromShape(shape.slice(0, place)), out);
}

const takesAll = ({ inputs }: NativeKernelParams) =>
  haveOneDtype(Object.values(inputs) as TensorInfo[]);

export const CONCAT_KERNELS: readonly NativeKernel[] = Object.freeze([
  { kernelName: 'Concat', supports: takesAll, kernelFunc: concatKernel },
  { kernelName: 'Pack', supports: takesAll, kernelFunc: packKernel },
]);
