// A window that slides over the axes of an image, in tf operations, one tap at a time: what the composites of
// the convolutions' gradients are made of. Images are [B, ...axes, C].
import * as tf from '@tensorflow/tfjs-core';
import type { backend_util, Tensor } from '@tensorflow/tfjs-core';

export interface WindowAxis {
  readonly size: number;
  readonly outSize: number;
  /** Taps of the window. */
  readonly filter: number;
  readonly stride: number;
  readonly dilation: number;
  readonly padBefore: number;
}

export function axesOf2D(info: backend_util.Conv2DInfo): WindowAxis[] {
  return [
    {
      size: info.inHeight,
      outSize: info.outHeight,
      filter: info.filterHeight,
      stride: info.strideHeight,
      dilation: info.dilationHeight,
      padBefore: info.padInfo.top,
    },
    {
      size: info.inWidth,
      outSize: info.outWidth,
      filter: info.filterWidth,
      stride: info.strideWidth,
      dilation: info.dilationWidth,
      padBefore: info.padInfo.left,
    },
  ];
}

export function axesOf3D(info: backend_util.Conv3DInfo): WindowAxis[] {
  const depth = {
    size: info.inDepth,
    outSize: info.outDepth,
    filter: info.filterDepth,
    stride: info.strideDepth,
    dilation: info.dilationDepth,
    padBefore: info.padInfo.front,
  };
  return [depth, ...axesOf2D(info as unknown as backend_util.Conv2DInfo)];
}

/** The elements along an axis that the window reaches from its first tap, padding included. */
function reach({ outSize, stride, filter, dilation }: WindowAxis): number {
  return (outSize - 1) * stride + (filter - 1) * dilation + 1;
}

/** Every tap of the window as its position along each axis, in the order of a filter's elements. */
export function tapsOf(axes: readonly WindowAxis[]): number[][] {
  return axes.reduce<number[][]>(
    (taps, { filter }) =>
      taps.flatMap((tap) => Array.from({ length: filter }, (_, i) => [...tap, i])),
    [[]],
  );
}

/** x [B, ...axes, C] with the padding around it that the window sees. */
export function paddedForWindow(x: Tensor, axes: readonly WindowAxis[], value = 0): Tensor {
  const paddings = axes.map((axis): [number, number] => [
    axis.padBefore,
    Math.max(0, reach(axis) - axis.padBefore - axis.size),
  ]);
  return tf.pad(x, [[0, 0], ...paddings, [0, 0]], value);
}

/** What a tap sees of a padded image: [B, ...outSizes, C]. */
export function underTap(
  padded: Tensor,
  axes: readonly WindowAxis[],
  tap: readonly number[],
): Tensor {
  const begin = [0, ...axes.map((axis, a) => tap[a]! * axis.dilation), 0];
  const spans = axes.map(({ outSize, stride }) => (outSize - 1) * stride + 1);
  const size = [padded.shape[0]!, ...spans, padded.shape.at(-1)!];
  const end = begin.map((first, d) => first + size[d]!);
  return tf.stridedSlice(padded, begin, end, [1, ...axes.map(({ stride }) => stride), 1]);
}

/** The adjoint of `underTap`: part [B, ...outSizes, C] where the tap saw it, zeros elsewhere, [B, ...reach, C]. */
export function placedAtTap(
  part: Tensor,
  axes: readonly WindowAxis[],
  tap: readonly number[],
): Tensor {
  return axes.reduce<Tensor>((whole, axis, a) => {
    const before = tap[a]! * axis.dilation;
    return placedAlong(spreadAlong(whole, a + 1, axis.stride), a + 1, before, reach(axis));
  }, part);
}

/** The image without its padding; zeros where the window does not reach. */
export function croppedToImage(whole: Tensor, axes: readonly WindowAxis[]): Tensor {
  return axes.reduce<Tensor>((x, { padBefore, size }, a) => {
    const length = x.shape[a + 1]!;
    const missing = Math.max(0, padBefore + size - length);
    const longer = tf.pad(
      x,
      x.shape.map((_, d): [number, number] => [0, d === a + 1 ? missing : 0]),
    );
    const begin = x.shape.map((_, d) => (d === a + 1 ? padBefore : 0));
    return tf.slice(longer, begin, x.shape.with(a + 1, size));
  }, whole);
}

/** `stride − 1` zeros between neighbours along an axis; none after the last. */
export function spreadAlong(x: Tensor, axis: number, stride: number): Tensor {
  if (stride === 1) return x;
  const outer = tf.util.sizeFromShape(x.shape.slice(0, axis));
  const inner = tf.util.sizeFromShape(x.shape.slice(axis + 1));
  const length = x.shape[axis]!;
  const spread = tf.pad(tf.reshape(x, [outer, length, 1, inner]), [
    [0, 0],
    [0, 0],
    [0, stride - 1],
    [0, 0],
  ]);
  const all = tf.reshape(spread, x.shape.with(axis, length * stride));
  const begin = x.shape.map(() => 0);
  return tf.slice(all, begin, x.shape.with(axis, (length - 1) * stride + 1));
}

function placedAlong(x: Tensor, axis: number, before: number, length: number): Tensor {
  const after = length - before - x.shape[axis]!;
  return tf.pad(
    x,
    x.shape.map((_, d): [number, number] => (d === axis ? [before, after] : [0, 0])),
  );
}
