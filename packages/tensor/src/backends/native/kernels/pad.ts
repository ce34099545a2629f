/** PadV2, MirrorPad and Tile: a tensor laid into a larger one. */
import { type TensorInfo } from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../native-backend.ts';
import { sizeOf, type NativeKernel, type NativeKernelParams } from '../native-kernel.ts';
import { isNativeDtype } from './element-type.ts';
import { fillWith } from './fill.ts';
import { copyAxes, stridedCopy, stridesOf, type CopyAxis } from './strided-copy.ts';

type Paddings = readonly (readonly [number, number])[];

function paddedShape(shape: readonly number[], paddings: Paddings): number[] {
  return paddings.map(([before, after], d) => before + (shape[d] as number) + after);
}

function padKernel({ inputs, attrs, backend }: NativeKernelParams): TensorInfo {
  const paddings = attrs['paddings'] as [number, number][];
  return pad(backend, inputs['x'] as TensorInfo, paddings, attrs['constantValue'] as number);
}

/** x with `value` around it. */
export function pad(
  backend: NativeBackend,
  x: TensorInfo,
  paddings: Paddings,
  value: number,
): TensorInfo {
  const out = backend.output(paddedShape(x.shape, paddings), x.dtype);
  fillWith(backend, out, value);
  if (sizeOf(x) === 0) return out;
  const to = stridesOf(out.shape);
  const offset = paddings.reduce((sum, [before], d) => sum + before * (to[d] as number), 0);
  return stridedCopy(backend, x, out, copyAxes(x.shape, stridesOf(x.shape), to), { to: offset });
}

/** A stretch of one output dimension that walks the source one way. */
interface Segment {
  readonly axis: CopyAxis;
  readonly from: number;
  readonly to: number;
}

/** Before: backwards; the middle: as it is; after: backwards again. `edge` is 1 where the edge repeats. */
function segmentsOf(
  size: number,
  [before, after]: readonly [number, number],
  edge: 0 | 1,
): Segment[] {
  const back = (dim: number, from: number, to: number) => ({
    axis: { dim, from: -1, to: 1 },
    from,
    to,
  });
  const all = [
    back(before, before - edge, 0),
    { axis: { dim: size, from: 1, to: 1 }, from: 0, to: before },
    back(after, size - 2 + edge, before + size),
  ];
  return all.filter(({ axis }) => axis.dim > 0);
}

/** Every combination of one element from each list. */
function combinations<T>(lists: readonly T[][]): T[][] {
  return lists.reduce<T[][]>(
    (heads, list) => heads.flatMap((h) => list.map((item) => [...h, item])),
    [[]],
  );
}

function mirrorPad(
  backend: NativeBackend,
  x: TensorInfo,
  paddings: Paddings,
  edge: 0 | 1,
): TensorInfo {
  const out = backend.output(paddedShape(x.shape, paddings), x.dtype);
  if (sizeOf(out) === 0) return out;
  const from = stridesOf(x.shape);
  const to = stridesOf(out.shape);
  const lists = paddings.map((padding, d) => segmentsOf(x.shape[d] as number, padding, edge));
  for (const region of combinations(lists)) {
    const axes = region.map(({ axis }, d) => ({
      dim: axis.dim,
      from: axis.from * (from[d] as number),
      to: to[d] as number,
    }));
    const fromOffset = region.reduce((sum, s, d) => sum + s.from * (from[d] as number), 0);
    const toOffset = region.reduce((sum, s, d) => sum + s.to * (to[d] as number), 0);
    stridedCopy(backend, x, out, axes, { from: fromOffset, to: toOffset });
  }
  return out;
}

/** Each dimension becomes two: the repeat (which does not move in the source) and the dimension itself. */
function tileKernel({ inputs, attrs, backend }: NativeKernelParams): TensorInfo {
  const x = inputs['x'] as TensorInfo;
  const reps = attrs['reps'] as number[];
  const out = backend.output(
    x.shape.map((dim, d) => dim * (reps[d] as number)),
    x.dtype,
  );
  if (sizeOf(out) === 0) return out;
  const from = stridesOf(x.shape);
  const to = stridesOf(out.shape);
  const axes = x.shape.flatMap((dim, d) => [
    { dim: reps[d] as number, from: 0, to: dim * (to[d] as number) },
    { dim, from: from[d] as number, to: to[d] as number },
  ]);
  return stridedCopy(backend, x, out, axes);
}

const MAX_TILE_RANK = 16; // kMaxCopyRank / 2 in native/kernels/strided_copy/strided_copy.h

const takesX = ({ inputs }: NativeKernelParams) => {
  const x = inputs['x'] as TensorInfo;
  return isNativeDtype(x.dtype) && x.shape.length <= MAX_TILE_RANK;
};

export const PAD_KERNELS: readonly NativeKernel[] = Object.freeze([
  { kernelName: 'PadV2', supports: takesX, kernelFunc: padKernel },
  {
    kernelName: 'MirrorPad',
    supports: takesX,
    kernelFunc({ inputs, attrs, backend }) {
      const edge = attrs['mode'] === 'reflect' ? 0 : 1;
      return mirrorPad(
        backend,
        inputs['x'] as TensorInfo,
        attrs['paddings'] as [number, number][],
        edge,
      );
    },
  },
  { kernelName: 'Tile', supports: takesX, kernelFunc: tileKernel },
]);
