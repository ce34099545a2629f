/** Transform, RotateWithOffset (native/kernels/warp) and FlipLeftRight. */
import { backend_util, type TensorInfo } from '@tensorflow/tfjs-core';
import type { NativeKernel, NativeKernelParams } from '../native-kernel.ts';
import { isNativeDtype } from './element-type.ts';
import { reverse } from './transpose.ts';

/** Positions are the numbers of `FillMode` in native/kernels/warp/warp.cc. */
const FILL_MODES = ['constant', 'reflect', 'wrap', 'nearest'];

const OPAQUE = 255; // of the fourth channel where the fill is a colour

const imageOf = ({ inputs }: NativeKernelParams) => inputs['image'] as TensorInfo;

function transform(params: NativeKernelParams): TensorInfo {
  const { inputs, attrs, backend } = params;
  const image = imageOf(params);
  const transforms = inputs['transforms'] as TensorInfo;
  const [batch, height, width, channels] = image.shape as [number, number, number, number];
  const outSize = (attrs['outputShape'] as [number, number] | undefined) ?? [height, width];
  const out = backend.output([batch, ...outSize, channels], 'float32');
  const isBilinear = Number(attrs['interpolation'] === 'bilinear');
  const fillMode = Math.max(0, FILL_MODES.indexOf(attrs['fillMode'] as string));
  const fill = new Array<number>(channels).fill(attrs['fillValue'] as number);
  const sizes = [batch, height, width, channels, ...outSize];
  const isOneMap = Number(transforms.shape[0] === 1);
  const handles = [image, transforms, out].map((tensor) => backend.handleOf(tensor));
  backend.run('Warp', ...sizes, isBilinear, fillMode, ...fill, isOneMap, ...handles);
  return out;
}

function rotate(params: NativeKernelParams): TensorInfo {
  const { attrs, backend } = params;
  const image = imageOf(params);
  const [batch, height, width, channels] = image.shape as [number, number, number, number];
  const radians = attrs['radians'] as number;
  const fillValue = attrs['fillValue'] as number | [number, number, number];
  const center = attrs['center'] as number | [number, number];
  const [centerX, centerY] = backend_util.getImageCenter(center, height, width);
  const colour = (c: number) => (fillValue as number[])[c] ?? NaN;
  const fill = Array.from({ length: channels }, (_, c) =>
    typeof fillValue === 'number' ? fillValue : c === 3 ? OPAQUE : colour(c),
  );
  const out = backend.output(image.shape, 'float32');
  const numbers = [centerX, centerY, Math.sin(radians), Math.cos(radians), ...fill];
  const handles = [backend.handleOf(image), backend.handleOf(out)];
  backend.run('Rotate', batch, height, width, channels, ...numbers, ...handles);
  return out;
}

export const WARP_KERNELS: readonly NativeKernel[] = Object.freeze([
  {
    kernelName: 'Transform',
    supports({ inputs, attrs }) {
      const { image, transforms } = inputs as Record<'image' | 'transforms', TensorInfo>;
      const isKnown = ['nearest', 'bilinear'].includes(attrs['interpolation'] as string);
      return image.dtype === 'float32' && transforms.dtype === 'float32' && isKnown;
    },
    kernelFunc: transform,
  },
  {
    kernelName: 'RotateWithOffset',
    supports: (params) => imageOf(params).dtype === 'float32',
    kernelFunc: rotate,
  },
  {
    kernelName: 'FlipLeftRight',
    supports: (params) => isNativeDtype(imageOf(params).dtype),
    kernelFunc: (params) => reverse(params.backend, imageOf(params), [2]),
  },
]);
