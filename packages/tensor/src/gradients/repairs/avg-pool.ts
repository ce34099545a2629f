// AvgPool and AvgPool3D: at padded edges tfjs averages the pixels inside the image, but its gradient divides by
// the size of the window. Ours divides by the same number as the average did.
import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, NamedAttrMap, Tensor } from '@tensorflow/tfjs-core';
import { runGrad } from '../run-grad.ts';

/** For each output position along an axis, the share of its window that lies inside the image. */
function sharesInside(axis: {
  size: number;
  outSize: number;
  filter: number;
  stride: number;
  padBefore: number;
}): number[] {
  return Array.from({ length: axis.outSize }, (_, i) => {
    const first = i * axis.stride - axis.padBefore;
    const inside = Math.min(axis.size, first + axis.filter) - Math.max(0, first);
    return Math.max(1, inside) / axis.filter;
  });
}

/** The axes of an image, channels last, each with its shares. */
function sharesOf(shape: readonly number[], attrs: NamedAttrMap): number[][] {
  const { filterSize, strides, pad, dimRoundingMode } = attrs as never;
  const { backend_util: util } = tf;
  if (shape.length === 4) {
    const info = util.computePool2DInfo(
      shape as never,
      filterSize,
      strides,
      1,
      pad,
      dimRoundingMode,
    );
    return [
      sharesInside({
        size: info.inHeight,
        outSize: info.outHeight,
        filter: info.filterHeight,
        stride: info.strideHeight,
        padBefore: info.padInfo.top,
      }),
      sharesInside({
        size: info.inWidth,
        outSize: info.outWidth,
        filter: info.filterWidth,
        stride: info.strideWidth,
        padBefore: info.padInfo.left,
      }),
    ];
  }
  const info = util.computePool3DInfo(shape as never, filterSize, strides, 1, pad, dimRoundingMode);
  const { padInfo } = info;
  const sizes = [info.inDepth, info.inHeight, info.inWidth];
  const outSizes = [info.outDepth, info.outHeight, info.outWidth];
  const filters = [info.filterDepth, info.filterHeight, info.filterWidth];
  const steps = [info.strideDepth, info.strideHeight, info.strideWidth];
  const pads = [padInfo.front, padInfo.top, padInfo.left];
  return sizes.map((size, a) =>
    sharesInside({
      size,
      outSize: outSizes[a]!,
      filter: filters[a]!,
      stride: steps[a]!,
      padBefore: pads[a]!,
    }),
  );
}

/** dy divided by the share of each window inside the image: then the division by the window's size is right. */
function scaledForEdges(dy: Tensor, shape: readonly number[], attrs: NamedAttrMap): Tensor {
  const shares = sharesOf(shape, attrs);
  return shares.reduce<Tensor>((scaled, axisShares, a) => {
    if (axisShares.every((share) => share === 1)) return scaled;
    const broadcast = dy.shape.map((_, d) => (d === a + 1 ? axisShares.length : 1));
    return tf.div(scaled, tf.tensor(axisShares, broadcast));
  }, dy);
}

function avgPoolGradientOf(kernelName: 'AvgPool' | 'AvgPool3D'): GradConfig {
  return {
    kernelName,
    inputsToSave: ['x'],
    gradFunc: (dy, saved, attrs: NamedAttrMap) => {
      const [input] = saved as [Tensor];
      return { x: () => inputGradient(`${kernelName}Grad`, dy as Tensor, input, attrs) };
    },
  };
}

/** TensorFlow's own kernel, behind tfjs-node, is right already. */
function inputGradient(kernelName: string, dy: Tensor, input: Tensor, attrs: NamedAttrMap): Tensor {
  const backend = tf.getBackend();
  const needsScale = backend === 'cpu' || backend === 'wasm';
  const scaled = needsScale ? scaledForEdges(dy, input.shape, attrs) : dy;
  return runGrad(kernelName, { dy: scaled, input }, { ...attrs, countsInside: true });
}

export const avgPoolGradient = avgPoolGradientOf('AvgPool');
export const avgPool3DGradient = avgPoolGradientOf('AvgPool3D');
