import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { useBackend } from '../../use-backend.ts';
import { expectSameAsCpu } from './compare-with-cpu.test-support.ts';

beforeAll(async () => {
  await useBackend('cpu');
  await useBackend('native');
});

/** Distinct values, the same on both backends. */
function image(shape: [number, number, number, number]): tf.Tensor4D {
  const values = Array.from(
    { length: tf.util.sizeFromShape(shape) },
    (_, i) => ((i * 37) % 101) / 8,
  );
  return tf.tensor4d(values, shape);
}

const CHANNELS = [1, 3, 16, 19];

describe('images are resized as on the cpu backend', () => {
  const sizes: [number, number][] = [
    [3, 4],
    [11, 2],
    [1, 1],
    [7, 9],
  ];
  it.each(sizes)('to [%i, %i], every option', (height, width) => {
    for (const channels of CHANNELS) {
      for (const [align, half] of [
        [false, false],
        [true, false],
        [false, true],
      ] as const) {
        const size: [number, number] = [height, width];
        expectSameAsCpu(
          () => [
            tf.image.resizeBilinear(image([2, 5, 6, channels]), size, align, half),
            tf.image.resizeNearestNeighbor(image([2, 5, 6, channels]), size, align, half),
          ],
          1e-5,
        );
      }
    }
  });

  it('whole numbers, too', () => {
    expectSameAsCpu(() => {
      const x = tf.cast(image([1, 3, 3, 2]), 'int32');
      return [tf.image.resizeBilinear(x, [5, 4]), tf.image.resizeNearestNeighbor(x, [5, 4])];
    }, 1e-6);
  });
});

describe('cut, turned and moved', () => {
  it('boxes, also outside the image, turned over and of no image', () => {
    for (const method of ['bilinear', 'nearest'] as const) {
      expectSameAsCpu(() => {
        const boxes = tf.tensor2d(
          [0, 0, 1, 1, -0.2, 0.3, 1.3, 0.5, 0.9, 0.8, 0.1, 0, 0, 0, 1, 1],
          [4, 4],
        );
        const of = tf.tensor1d([0, 1, 1, 2], 'int32');
        return [
          tf.image.cropAndResize(image([2, 5, 4, 3]), boxes, of, [3, 4], method, 7),
          tf.image.cropAndResize(image([2, 5, 4, 3]), boxes, of, [1, 1], method, 7),
        ];
      }, 1e-5);
    }
  });

  it('rotations with each kind of fill', () => {
    expectSameAsCpu(() => [
      tf.image.rotateWithOffset(image([2, 5, 6, 3]), 0.7, 9, [0.4, 0.6]),
      tf.image.rotateWithOffset(image([1, 5, 6, 4]), -2, [1, 2, 3]),
      tf.image.flipLeftRight(image([2, 3, 5, 4])),
    ]);
  });

  it.each(['constant', 'reflect', 'wrap', 'nearest'] as const)('projections, fill "%s"', (fill) => {
    for (const interpolation of ['nearest', 'bilinear'] as const) {
      expectSameAsCpu(() => {
        const map = tf.tensor2d([0.8, 0.3, -2, -0.4, 1.1, 1, 0.01, 0.02], [1, 8]);
        return tf.image.transform(image([1, 6, 5, 3]), map, interpolation, fill, 5, [7, 8]);
      }, 1e-4);
    }
  });

  it('every image of a batch is projected (the cpu backend does the first only)', () => {
    const identity = tf.tensor2d([1, 0, 0, 0, 1, 0, 0, 0], [1, 8]);
    const x = image([3, 2, 2, 1]);
    const y = tf.image.transform(x, identity);
    expect(Array.from(y.dataSync())).toEqual(Array.from(x.dataSync()));
  });

  it('blocks of space and depth', () => {
    expectSameAsCpu(() => [
      tf.depthToSpace(image([2, 3, 2, 12]), 2),
      tf.spaceToBatchND(
        image([1, 3, 5, 2]),
        [2, 3],
        [
          [1, 0],
          [0, 1],
        ],
      ),
      tf.batchToSpaceND(
        image([6, 2, 2, 3]),
        [2, 3],
        [
          [1, 0],
          [0, 2],
        ],
      ),
      tf.diag(tf.tensor2d([1, 2, 3, 4], [2, 2])),
    ]);
  });
});

describe('over channels and pixels', () => {
  it('local response normalisation and its gradient', () => {
    for (const channels of CHANNELS) {
      expectSameAsCpu(() => {
        const normalise = (x: tf.Tensor) =>
          tf.localResponseNormalization(x as tf.Tensor4D, 2, 1.5, 0.7, 0.6);
        const x = image([2, 3, 2, channels]);
        return [normalise(x), tf.grad(normalise)(x)];
      }, 1e-4);
    }
  });

  it('batch normalisation, with and without scale and offset', () => {
    expectSameAsCpu(() => {
      const x = image([2, 3, 2, 5]);
      const row = (from: number) => tf.linspace(from, from + 1, 5);
      return [
        tf.batchNorm(x, row(1), row(2)),
        tf.batchNorm(x, row(1), row(2), row(-1), row(3), 0.01),
        tf.batchNorm(x, x, tf.abs(x), x, x),
      ];
    }, 1e-4);
  });

  it('greyscale dilation and its gradients', () => {
    expectSameAsCpu(() => {
      const dilate = (x: tf.Tensor, w: tf.Tensor) =>
        tf.dilation2d(x as tf.Tensor4D, w as tf.Tensor3D, [2, 1], 'same', [1, 2]);
      const [x, w] = [image([2, 5, 6, 3]), tf.reshape(image([1, 2, 3, 3]), [2, 3, 3])];
      return [dilate(x, w), ...tf.grads(dilate)([x, w])];
    }, 1e-6);
  });
});

describe('counts, draws and places', () => {
  it('bincount, of a vector and of rows', () => {
    expectSameAsCpu(() => {
      const x = tf.tensor1d([3, 0, 3, 9, 1], 'int32');
      const rows = tf.tensor2d([3, 0, 3, 9, 1, 1], [2, 3], 'int32');
      const none = tf.tensor1d([]);
      return [
        tf.bincount(x, none, 5),
        tf.bincount(x, tf.tensor1d([0.5, 1, 2, 3, 4]), 5),
        tf.denseBincount(rows, tf.tensor2d([], [0, 0]), 4),
        tf.denseBincount(rows, tf.tensor2d([], [0, 0]), 4, true),
        tf.denseBincount(rows, tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3], 'int32'), 4),
      ];
    });
    expect(() => tf.bincount(tf.tensor1d([-1], 'int32'), tf.tensor1d([]), 2)).toThrow(
      'Input x must be non-negative!',
    );
  });

  it.each([1, 42, 123.5, -7, 1e21])('draws what tfjs draws for the seed %d', (seed) => {
    expectSameAsCpu(() => [
      tf.multinomial(tf.tensor2d([0, 1, -1, 2, 0.5, 0, 0, 0], [2, 4]), 200, seed),
      tf.multinomial(tf.tensor1d([0.2, 0.5, 0.3]), 50, seed, true),
    ]);
  });

  it('sorted searches, scattered rows and bits', () => {
    expectSameAsCpu(() => {
      const sorted = tf.tensor2d([1, 3, 3, 8, -2, 0, 5, 6], [2, 4]);
      const values = tf.tensor2d([3, 0, 9, 5, -3, 6], [2, 3]);
      const places = tf.tensor2d([4, 1, 1], [3, 1], 'int32');
      return [
        tf.searchSorted(sorted, values, 'left'),
        tf.searchSorted(sorted, values, 'right'),
        tf.sparseToDense([4, 1, 1], tf.tensor1d([5, 6, 7]), [6], 2),
        tf.sparseToDense([[1, 2]], tf.scalar(3, 'int32'), [2, 3], 1),
        tf.tensorScatterUpdate(tf.ones([5, 2]), places, tf.reshape(tf.range(0, 6), [3, 2])),
        tf.bitwiseAnd(tf.tensor1d([12, -1, 7], 'int32'), tf.tensor1d([10, 5, 8], 'int32')),
      ];
    });
    expect(() => tf.sparseToDense([9], tf.tensor1d([5]), [6])).toThrow('does not index into 6');
  });

  it.each([1, 2, 8, 12, 15])('Fourier transforms of length %i', (n) => {
    expectSameAsCpu(() => {
      const part = (seed: number) => tf.randomUniform([3, n], -1, 1, 'float32', seed);
      const z = tf.complex(part(1), part(2));
      return [tf.fft(z), tf.ifft(z)].flatMap((t) => [tf.real(t), tf.imag(t)]);
    }, 1e-2); // relative to values near 0, too: an absolute error of 1e-5
  });

  it('the parts and the size of complex numbers', () => {
    expectSameAsCpu(() => {
      const z = tf.complex([3, 1e30, 0], [4, -1e30, -2]);
      return [tf.real(z), tf.imag(z), tf.abs(z)];
    }, 1e-6);
  });
});
