import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useBackend } from '../../use-backend.ts';
import { expectSameAsCpu, make, RUNS, tensorOf } from './compare-with-cpu.test-support.ts';

type Image = tf.Tensor4D;

// The activations' own error; the sums are exact, see `whole`.
const TOLERANCE = 2e-3;

/** Whole numbers from -4 to 4: sums of products of three of them are exact in float32, in any order. */
const whole = (given: ReturnType<typeof make>) => tf.round(tf.div(given, 2)) as Image;

beforeAll(async () => {
  await useBackend('cpu');
  await useBackend('native');
});

afterAll(async () => {
  await useBackend('native');
});

const size = (max: number) => fc.integer({ min: 1, max });
const pad = fc.constantFrom<'same' | 'valid' | number>('same', 'valid', 0, 1);

/** A convolution whose window fits its image: strides or dilations, not both. */
const convolution = fc
  .record({
    batch: size(2),
    height: fc.integer({ min: 5, max: 9 }),
    width: fc.integer({ min: 5, max: 9 }),
    channels: fc.constantFrom(1, 2, 3, 16, 17),
    outChannels: fc.constantFrom(1, 4, 16, 33),
    filter: fc.tuple(size(3), size(3)),
    steps: fc.tuple(size(3), size(2)),
    isDilated: fc.boolean(),
    pad,
  })
  .filter(
    ({ filter, pad: padding }) => typeof padding !== 'number' || padding < Math.min(...filter),
  )
  // With a padding in numbers tfjs takes the filter's height for its width too.
  .filter(
    ({ filter, steps, isDilated, height, width }) =>
      !isDilated || (filter[0] - 1) * steps[0] < Math.min(height, width),
  );

describe('convolutions are those of the cpu backend', () => {
  const drawn = convolution.chain((c) =>
    fc.record({
      c: fc.constant(c),
      x: tensorOf([c.batch, c.height, c.width, c.channels], 'float32', { isTame: true }),
      w: tensorOf([...c.filter, c.channels, c.outChannels], 'float32', { isTame: true }),
    }),
  );

  it('conv2d, NHWC and NCHW', () => {
    fc.assert(
      fc.property(drawn, fc.boolean(), ({ c, x, w }, isFirst) => {
        const [strides, dilations] = c.isDilated
          ? ([[1, 1], c.steps] as const)
          : ([c.steps, [1, 1]] as const);
        expectSameAsCpu(() => {
          const image = whole(make(x));
          const given = isFirst ? tf.transpose(image, [0, 3, 1, 2]) : image;
          const format = isFirst ? 'NCHW' : 'NHWC';
          const steps = [...strides] as [number, number];
          const rates = [...dilations] as [number, number];
          return tf.conv2d(given, whole(make(w)), steps, c.pad, format, rates);
        });
      }),
      RUNS,
    );
  });

  it('conv2dTranspose and the gradient of the filter', () => {
    fc.assert(
      fc.property(drawn, ({ c, x, w }) => {
        const attrs = { strides: c.steps, pad: c.pad, dataFormat: 'NHWC' };
        expectSameAsCpu(() => {
          const [image, filter] = [whole(make(x)), whole(make(w))];
          const dy = tf.conv2d(image, filter, c.steps, c.pad);
          const run = (name: string, inputs: Record<string, tf.Tensor>, more: tf.NamedAttrMap) =>
            tf.engine().runKernel<tf.Tensor>(name, inputs, { ...attrs, ...more });
          return [
            run('Conv2DBackpropInput', { dy, filter }, { inputShape: image.shape }),
            run('Conv2DBackpropFilter', { x: image, dy }, { filterShape: filter.shape }),
          ];
        });
      }),
      RUNS,
    );
  });

  it('a bias and an activation, fused or not', () => {
    fc.assert(
      fc.property(
        drawn,
        fc.constantFrom('linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu', 'prelu'),
        ({ c, x, w }, activation) => {
          expectSameAsCpu(
            () =>
              tf.fused.conv2d({
                x: make(x) as Image,
                filter: make(w) as Image,
                strides: c.steps,
                pad: c.pad,
                bias: tf.linspace(-1, 1, c.outChannels),
                activation: activation as 'relu',
                preluActivationWeights:
                  activation === 'prelu' ? tf.fill([c.outChannels], 0.1) : undefined,
                leakyreluAlpha: activation === 'leakyrelu' ? 0.1 : undefined,
              }),
            TOLERANCE,
          );
        },
      ),
      RUNS,
    );
  });

  it('depthwise, with one filter a channel or more, and its gradients', () => {
    const cases = convolution.chain((c) =>
      fc.record({
        c: fc.constant({ ...c, steps: [c.steps[0], c.steps[0]] as [number, number] }),
        x: tensorOf([c.batch, c.height, c.width, c.channels], 'float32', { isTame: true }),
        w: tensorOf([...c.filter, c.channels, 1 + (c.outChannels % 3)], 'float32', {
          isTame: true,
        }),
      }),
    );
    fc.assert(
      fc.property(cases, ({ c, x, w }) => {
        expectSameAsCpu(() => {
          const [image, filter] = [whole(make(x)), whole(make(w))];
          const dy = tf.depthwiseConv2d(image, filter, c.steps, c.pad);
          const attrs = { strides: c.steps, pad: c.pad, dilations: [1, 1] };
          const run = (name: string, inputs: Record<string, tf.Tensor>, more: tf.NamedAttrMap) =>
            tf.engine().runKernel<tf.Tensor>(name, inputs, { ...attrs, ...more });
          return [
            dy,
            run('DepthwiseConv2dNativeBackpropInput', { dy, filter }, { inputShape: image.shape }),
            run(
              'DepthwiseConv2dNativeBackpropFilter',
              { x: image, dy },
              { filterShape: filter.shape },
            ),
          ];
        });
      }),
      RUNS,
    );
  });
});

describe('pooling is that of the cpu backend', () => {
  const pooling = convolution.chain((c) =>
    fc.record({
      c: fc.constant(c),
      x: tensorOf([c.batch, c.height, c.width, c.channels], 'float32'),
    }),
  );

  it('maxima, NaN skipped, and their places', () => {
    fc.assert(
      fc.property(pooling, fc.boolean(), ({ c, x }, countsBatch) => {
        expectSameAsCpu(() => {
          const image = make(x) as Image;
          const padding = typeof c.pad === 'number' ? 'valid' : c.pad;
          const { result, indexes } = tf.maxPoolWithArgmax(
            image,
            c.filter,
            c.steps,
            padding,
            countsBatch,
          ) as unknown as { result: tf.Tensor; indexes: tf.Tensor };
          return [tf.maxPool(image, c.filter, c.steps, c.pad), result, indexes];
        });
      }),
      RUNS,
    );
  });

  it('averages over what lies inside the image', () => {
    const tame = pooling.chain(({ c, x }) =>
      fc.record({ c: fc.constant(c), x: tensorOf(x.shape, 'float32', { isTame: true }) }),
    );
    fc.assert(
      fc.property(tame, ({ c, x }) => {
        const padding = typeof c.pad === 'number' ? 'same' : c.pad; // no window lies wholly outside
        expectSameAsCpu(() => tf.avgPool(make(x) as Image, c.filter, c.steps, padding), 1e-4);
      }),
      RUNS,
    );
  });

  it('three axes', () => {
    const values = Array.from({ length: 2 * 4 * 5 * 6 * 3 }, (_, i) => (i * 37) % 101);
    expectSameAsCpu(() => {
      const x = tf.tensor5d(values, [2, 4, 5, 6, 3]);
      return [
        tf.maxPool3d(x, [2, 3, 2], [1, 2, 2], 'same'),
        tf.avgPool3d(x, [2, 3, 2], [1, 2, 2], 'same'),
        tf.conv3d(x, tf.ones([2, 2, 3, 3, 4]) as tf.Tensor5D, 1, 'same'),
      ];
    }, 1e-5);
  });
});

describe('a window larger than its image', () => {
  it('gives what lies inside', () => {
    const x = tf.ones([1, 2, 2, 1]) as Image;
    const ninth = tf.avgPool(x, [5, 5], 1, 2).dataSync();
    expect(Array.from(ninth)).toEqual([1, 1, 1, 1]);
    const sums = tf.conv2d(x, tf.ones([5, 5, 1, 1]) as Image, 1, 'same').dataSync();
    expect(Array.from(sums)).toEqual([4, 4, 4, 4]);
  });
});

describe('the same bits for 1, 2, 3 and 8 threads', () => {
  const gradients = (x: Image, w: Image, d: Image) => {
    const pooled = (image: Image) => tf.avgPool(tf.maxPool(image, 3, 2, 'same'), 2, 1, 'same');
    const loss = (a: tf.Tensor, b: tf.Tensor, c: tf.Tensor) => {
      const convolved = tf.conv2d(a as Image, b as Image, 2, 'same');
      const spread = tf.depthwiseConv2d(convolved, c as Image, 1, 'same');
      return tf.sum(tf.square(pooled(spread)));
    };
    return tf.grads(loss)([x, w, d]);
  };

  it('convolutions, pooling and their gradients', async () => {
    const x = tf.randomNormal([3, 41, 43, 12], 0, 1, 'float32', 1) as Image;
    const w = tf.randomNormal([3, 3, 12, 40], 0, 1, 'float32', 2) as Image;
    const d = tf.randomNormal([3, 3, 40, 2], 0, 1, 'float32', 3) as Image;
    const results: string[] = [];
    for (const threads of [1, 2, 3, 8]) {
      await useBackend('native', { threads });
      const bytes = tf.tidy(
        () =>
          gradients(x, w, d).map((g) =>
            Buffer.from((g.dataSync() as Float32Array).buffer).toString('base64'),
          ) as unknown as tf.TensorContainer,
      ) as unknown as string[];
      results.push(bytes.join());
    }
    expect(results.map((result) => result === results[0])).toEqual([true, true, true, true]);
    tf.dispose([x, w, d]);
  });
});
