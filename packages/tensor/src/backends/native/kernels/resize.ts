/** Resizing of images, its gradients, and CropAndResize (native/kernels/resize). */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { areAll, type NativeKernel, type NativeKernelParams } from '../native-kernel.ts';
import { runCast } from './cast.ts';

/** Sizes and flags of `ReadResize` in native/kernels/resize/resize.cc. */
function resizeArgs(
  { attrs }: NativeKernelParams,
  imageShape: readonly number[],
  outSize: readonly number[],
  isBilinear: 0 | 1,
): number[] {
  const [batch, height, width, channels] = imageShape as [number, number, number, number];
  const flags = [Number(attrs['alignCorners']), Number(attrs['halfPixelCenters'] ?? false)];
  return [batch, height, width, ...outSize, channels, isBilinear, ...flags];
}

function resize(params: NativeKernelParams, isBilinear: 0 | 1): TensorInfo {
  const { inputs, attrs, backend } = params;
  const given = inputs['images'] as TensorInfo;
  const needsCast = isBilinear && given.dtype !== 'float32';
  const images = needsCast ? runCast(backend, given, 'float32') : given;
  const size = attrs['size'] as [number, number];
  const [batch, , , channels] = images.shape as [number, number, number, number];
  const out = backend.output([batch, ...size, channels], images.dtype);
  const handles = [backend.handleOf(images), backend.handleOf(out)];
  backend.run('Resize', ...resizeArgs(params, images.shape, size, isBilinear), ...handles);
  if (needsCast) backend.disposeIntermediateTensorInfo(images);
  return out;
}

function resizeGrad(params: NativeKernelParams, isBilinear: 0 | 1): TensorInfo {
  const { inputs, backend } = params;
  const { images, dy } = inputs as Record<'images' | 'dy', TensorInfo>;
  const dx = backend.output(images.shape, 'float32');
  const handles = [backend.handleOf(dy), backend.handleOf(dx)];
  const args = resizeArgs(params, images.shape, dy.shape.slice(1, 3), isBilinear);
  backend.run('ResizeGrad', ...args, ...handles);
  return dx;
}

function cropAndResize({ inputs, attrs, backend }: NativeKernelParams): TensorInfo {
  const { image, boxes, boxInd } = inputs as Record<'image' | 'boxes' | 'boxInd', TensorInfo>;
  const cropSize = attrs['cropSize'] as [number, number];
  const [batch, height, width, channels] = image.shape as [number, number, number, number];
  const count = boxes.shape[0] as number;
  const out = backend.output([count, ...cropSize, channels], 'float32');
  const sizes = [batch, height, width, channels, count, ...cropSize];
  const isBilinear = Number(attrs['method'] === 'bilinear');
  const handles = [image, boxes, boxInd, out].map((tensor) => backend.handleOf(tensor));
  const extrapolation = attrs['extrapolationValue'] as number;
  backend.run('CropAndResize', ...sizes, isBilinear, extrapolation, ...handles);
  return out;
}

const isNumber = ({ dtype }: TensorInfo) => dtype === 'float32' || dtype === 'int32';

const takesImages = ({ inputs }: NativeKernelParams) => isNumber(inputs['images'] as TensorInfo);

const takesGradient = ({ inputs }: NativeKernelParams) =>
  (inputs['dy'] as TensorInfo).dtype === 'float32';

export const RESIZE_KERNELS: readonly NativeKernel[] = Object.freeze([
  { kernelName: 'ResizeBilinear', supports: takesImages, kernelFunc: (p) => resize(p, 1) },
  { kernelName: 'ResizeNearestNeighbor', supports: takesImages, kernelFunc: (p) => resize(p, 0) },
  {
    kernelName: 'ResizeBilinearGrad',
    supports: takesGradient,
    kernelFunc: (p) => resizeGrad(p, 1),
  },
  {
    kernelName: 'ResizeNearestNeighborGrad',
    supports: takesGradient,
    kernelFunc: (p) => resizeGrad(p, 0),
  },
  {
    kernelName: 'CropAndResize',
    supports({ inputs }) {
      const { image, boxes, boxInd } = inputs as Record<'image' | 'boxes' | 'boxInd', TensorInfo>;
      return areAll('float32', { image, boxes }) && boxInd.dtype === 'int32';
    },
    kernelFunc: cropAndResize,
  },
]);
