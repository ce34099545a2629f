// Convolutions and pooling: strides, padding, dilations, odd sizes, images that are not square.
import { tf } from '../../src/index.ts';
import type { GradientCase } from './gradient-cases.ts';

type Pad = 'same' | 'valid' | number;
type Pair = [number, number];

/** Image [B, H, W, C], filter [h, w, C, N]. */
function filterCase(
  kind: 'conv2d' | 'depthwiseConv2d',
  image: number[],
  filter: number[],
  options: { strides?: Pair; pad?: Pad; dilations?: Pair },
): GradientCase {
  const { strides = [1, 1], pad = 'valid', dilations = [1, 1] } = options;
  return {
    name: `${kind} of [${image}] and [${filter}], ${JSON.stringify(options)}`,
    shapes: [image, filter],
    compute: ([x, w]) =>
      tf[kind](x as tf.Tensor4D, w as tf.Tensor4D, strides, pad, 'NHWC', dilations),
  };
}

function poolCase(
  kind: 'maxPool' | 'avgPool',
  filter: Pair,
  strides: Pair,
  pad: Pad,
): GradientCase {
  return {
    name: `${kind} [${filter}], strides [${strides}], ${pad}`,
    shapes: [[2, 5, 4, 3]],
    compute: ([x]) => tf[kind](x as tf.Tensor4D, filter, strides, pad),
  };
}

function pool3DCase(kind: 'maxPool3d' | 'avgPool3d', pad: Pad): GradientCase {
  return {
    name: `${kind} [2, 2, 3], ${pad}`,
    shapes: [[1, 3, 2, 4, 1]],
    compute: ([x]) => tf[kind](x as tf.Tensor5D, [2, 2, 3], [1, 1, 2], pad as 'same' | 'valid'),
  };
}

function resizeCase(
  kind: 'resizeBilinear' | 'resizeNearestNeighbor',
  size: Pair,
  alignCorners: boolean,
  halfPixelCenters: boolean,
): GradientCase {
  return {
    name: `${kind} to [${size}], ${JSON.stringify({ alignCorners, halfPixelCenters })}`,
    shapes: [[2, 3, 5, 2]],
    compute: ([x]) => tf.image[kind](x as tf.Tensor4D, size, alignCorners, halfPixelCenters),
  };
}

export const WINDOW_CASES: readonly GradientCase[] = [
  filterCase('conv2d', [2, 5, 4, 2], [3, 2, 2, 3], {}),
  filterCase('conv2d', [1, 5, 6, 2], [3, 3, 2, 2], { strides: [2, 2], pad: 'same' }),
  filterCase('conv2d', [1, 6, 5, 1], [2, 3, 1, 2], { dilations: [2, 1], pad: 1 }),
  filterCase('conv2d', [1, 4, 4, 3], [1, 1, 3, 2], {}),
  {
    name: 'conv1d, a stride and "same"',
    shapes: [
      [2, 7, 2],
      [3, 2, 3],
    ],
    compute: ([x, w]) => tf.conv1d(x as tf.Tensor3D, w as tf.Tensor3D, 2, 'same'),
  },
  {
    name: 'conv2dTranspose',
    shapes: [
      [1, 3, 2, 2],
      [2, 3, 3, 2],
    ],
    compute: ([x, w]) =>
      tf.conv2dTranspose(x as tf.Tensor4D, w as tf.Tensor4D, [1, 6, 4, 3], [2, 2], 'same'),
  },
  {
    name: 'conv3d',
    shapes: [
      [1, 3, 3, 4, 2],
      [2, 2, 2, 2, 2],
    ],
    compute: ([x, w]) => tf.conv3d(x as tf.Tensor5D, w as tf.Tensor5D, [1, 2, 1], 'same'),
  },
  filterCase('depthwiseConv2d', [1, 5, 4, 3], [3, 2, 3, 1], { pad: 'same' }),
  filterCase('depthwiseConv2d', [2, 5, 5, 2], [2, 2, 2, 3], { strides: [2, 2] }),
  filterCase('depthwiseConv2d', [1, 6, 6, 2], [2, 2, 2, 1], { dilations: [2, 2], pad: 'same' }),
  poolCase('maxPool', [2, 2], [2, 2], 'valid'),
  poolCase('maxPool', [3, 2], [1, 2], 'same'),
  {
    name: 'maxPool of negative numbers',
    shapes: [[1, 4, 4, 1]],
    compute: ([x]) => tf.maxPool(tf.sub(x!, 9) as tf.Tensor4D, 2, 2, 'valid'),
  },
  poolCase('avgPool', [2, 3], [2, 1], 'valid'),
  poolCase('avgPool', [3, 3], [2, 2], 'same'),
  poolCase('avgPool', [2, 2], [1, 1], 1),
  pool3DCase('maxPool3d', 'same'),
  pool3DCase('avgPool3d', 'same'),
  pool3DCase('avgPool3d', 'valid'),
  resizeCase('resizeBilinear', [5, 4], false, false),
  resizeCase('resizeBilinear', [2, 7], true, false),
  resizeCase('resizeBilinear', [4, 3], false, true),
  resizeCase('resizeNearestNeighbor', [5, 4], false, false),
  resizeCase('resizeNearestNeighbor', [2, 7], true, false),
  resizeCase('resizeNearestNeighbor', [4, 3], false, true),
  {
    name: 'localResponseNormalization',
    shapes: [[1, 2, 2, 5]],
    compute: ([x]) => tf.localResponseNormalization(x as tf.Tensor4D, 1, 2, 0.1, 0.7),
  },
  {
    name: 'batchNorm',
    shapes: [[2, 2, 2, 3], [3], [3], [3]],
    compute: ([x, mean, offset, scale]) =>
      tf.batchNorm(
        x!,
        mean as tf.Tensor1D,
        tf.tensor1d([1, 2, 3]),
        offset as tf.Tensor1D,
        scale as tf.Tensor1D,
      ),
  },
  {
    name: 'spaceToBatchND and batchToSpaceND',
    shapes: [[1, 3, 4, 2]],
    compute: ([x]) => {
      const blocks = tf.spaceToBatchND(
        x!,
        [2, 2],
        [
          [1, 0],
          [0, 2],
        ],
      );
      return tf.batchToSpaceND(
        tf.square(blocks),
        [2, 2],
        [
          [0, 1],
          [0, 0],
        ],
      );
    },
  },
];
