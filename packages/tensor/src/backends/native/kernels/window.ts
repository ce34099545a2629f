/** What a sliding window looks like to C++ (native/kernels/window): convolutions and pooling share it. */
import type { backend_util } from '@tensorflow/tfjs-core';

type Info2D = backend_util.Conv2DInfo;
type Info3D = backend_util.Conv3DInfo;

/** in, out, filter, stride, dilation, padding before. */
type Axis = readonly [number, number, number, number, number, number];

/** The first axis of a 2-D window. */
const NO_AXIS: Axis = [1, 1, 1, 1, 1, 0];

/** The window of a 2-D operation as an instruction's arguments: the batch, then three axes. */
export function window2DArgs(info: Info2D): number[] {
  const { padInfo: pad } = info;
  return [
    info.batchSize,
    ...NO_AXIS,
    ...[info.inHeight, info.outHeight, info.filterHeight],
    ...[info.strideHeight, info.dilationHeight, pad.top],
    ...[info.inWidth, info.outWidth, info.filterWidth],
    ...[info.strideWidth, info.dilationWidth, pad.left],
  ];
}

export function window3DArgs(info: Info3D): number[] {
  const { padInfo: pad } = info;
  return [
    info.batchSize,
    ...[info.inDepth, info.outDepth, info.filterDepth],
    ...[info.strideDepth, info.dilationDepth, pad.front],
    ...[info.inHeight, info.outHeight, info.filterHeight],
    ...[info.strideHeight, info.dilationHeight, pad.top],
    ...[info.inWidth, info.outWidth, info.filterWidth],
    ...[info.strideWidth, info.dilationWidth, pad.left],
  ];
}
