/** Maxima and averages over windows, channels last. Windows follow each other without overlap unless a stride is given,
 *  as in PyTorch. */
import * as tf from '@tensorflow/tfjs-core';
import { expectImage, type PerAxis } from './conv.ts';
import { Module } from './module.ts';

type Pair = [number, number];

/** How a window moves. */
export interface PoolOptions<Sizes = PerAxis> {
  /** @default the window's size */
  stride?: Sizes;
  /** Places on either side; at most half of the window. @default 0 */
  padding?: Sizes;
}

/** How an average is taken. */
export interface AvgPoolOptions<Sizes = PerAxis> extends PoolOptions<Sizes> {
  /** Whether padding counts as zeros, or only what lies inside the image counts. @default true */
  countsPadding?: boolean;
}

const pairOf = (value: PerAxis): Pair => (typeof value === 'number' ? [value, value] : value);

/** A pair for a window along one axis of [B, 1, T, C]. */
const along = (value: number): Pair => [1, value];

interface Window {
  readonly size: Pair;
  readonly stride: Pair;
  readonly padding: Pair;
}

function windowOf(size: PerAxis, { stride = size, padding = 0 }: PoolOptions): Window {
  return checked({ size: pairOf(size), stride: pairOf(stride), padding: pairOf(padding) });
}

function windowAlong(size: number, { stride = size, padding = 0 }: PoolOptions<number>): Window {
  return checked({ size: along(size), stride: along(stride), padding: [0, padding] });
}

function checked(window: Window): Window {
  const isRight = window.padding.every(
    (pad, a) => pad >= 0 && pad * 2 <= (window.size[a] as number),
  );
  if (isRight) return window;
  throw new RangeError(
    `Pool: padding: expected at most half of the window [${window.size}], got [${window.padding}].`,
  );
}

function explicit([height, width]: Pair): 'valid' | tf.backend_util.ExplicitPadding {
  if (height === 0 && width === 0) return 'valid';
  return [
    [0, 0],
    [height, height],
    [width, width],
    [0, 0],
  ];
}

function maximum(x: tf.Tensor, { size, stride, padding }: Window): tf.Tensor {
  return tf.maxPool(x as tf.Tensor4D, size, stride, explicit(padding));
}

function average(
  x: tf.Tensor,
  { size, stride, padding }: Window,
  countsPadding: boolean,
): tf.Tensor {
  const pad = explicit(padding);
  if (!countsPadding || pad === 'valid') return tf.avgPool(x as tf.Tensor4D, size, stride, pad);
  return tf.avgPool(tf.pad(x, pad) as tf.Tensor4D, size, stride, 'valid');
}

/** Runs `pool` on [B, T, C] as [B, 1, T, C]. */
function alongOne(x: tf.Tensor, pool: (image: tf.Tensor) => tf.Tensor): tf.Tensor {
  return tf.tidy(() => tf.squeeze(pool(tf.expandDims(x, 1)), [1]));
}

/** The largest of each window: [B, H, W, C] → [B, H′, W′, C]. */
export class MaxPool2d extends Module {
  readonly window: Window;
  constructor(kernelSize: PerAxis, options: PoolOptions = {}) {
    super();
    this.window = windowOf(kernelSize, options);
  }
  /** @throws ShapeError */
  forward(x: tf.Tensor): tf.Tensor {
    expectImage('MaxPool2d', x, ['B', 'H', 'W']);
    return maximum(x, this.window);
  }
}

/** The largest of each window: [B, T, C] → [B, T′, C]. */
export class MaxPool1d extends Module {
  readonly window: Window;
  constructor(kernelSize: number, options: PoolOptions<number> = {}) {
    super();
    this.window = windowAlong(kernelSize, options);
  }
  /** @throws ShapeError */
  forward(x: tf.Tensor): tf.Tensor {
    expectImage('MaxPool1d', x, ['B', 'T']);
    return alongOne(x, (image) => maximum(image, this.window));
  }
}

/** The average of each window: [B, H, W, C] → [B, H′, W′, C]. */
export class AvgPool2d extends Module {
  readonly window: Window;
  readonly countsPadding: boolean;
  constructor(kernelSize: PerAxis, options: AvgPoolOptions = {}) {
    super();
    this.window = windowOf(kernelSize, options);
    this.countsPadding = options.countsPadding ?? true;
  }
  /** @throws ShapeError */
  forward(x: tf.Tensor): tf.Tensor {
    expectImage('AvgPool2d', x, ['B', 'H', 'W']);
    return tf.tidy(() => average(x, this.window, this.countsPadding));
  }
}

/** The average of each window: [B, T, C] → [B, T′, C]. */
export class AvgPool1d extends Module {
  readonly window: Window;
  readonly countsPadding: boolean;
  constructor(kernelSize: number, options: AvgPoolOptions<number> = {}) {
    super();
    this.window = windowAlong(kernelSize, options);
    this.countsPadding = options.countsPadding ?? true;
  }
  /** @throws ShapeError */
  forward(x: tf.Tensor): tf.Tensor {
    expectImage('AvgPool1d', x, ['B', 'T']);
    return alongOne(x, (image) => average(image, this.window, this.countsPadding));
  }
}

/** [outSize, size]: row i averages from ⌊i·size/outSize⌋ to ⌈(i + 1)·size/outSize⌉. */
function averagingMatrix(size: number, outSize: number): tf.Tensor2D {
  const values = new Float32Array(outSize * size);
  for (let i = 0; i < outSize; i++) {
    const first = Math.floor((i * size) / outSize);
    const end = Math.ceil(((i + 1) * size) / outSize);
    values.fill(1 / (end - first), i * size + first, i * size + end);
  }
  return tf.tensor2d(values, [outSize, size]);
}

/** Averages [B, n, rest] along its middle to [B, outSize, rest]. */
function averageMiddle(x: tf.Tensor, outSize: number): tf.Tensor {
  if (outSize === 1) return tf.mean(x, 1, true);
  const [B, size] = x.shape as [number, number];
  return tf.matMul(tf.broadcastTo(averagingMatrix(size, outSize), [B, outSize, size]), x);
}

/** Averages to a given size, whatever the image's: [B, H, W, C] → [B, h, w, C]. Size 1 is the average of all. */
export class AdaptiveAvgPool2d extends Module {
  readonly outputSize: Pair;
  constructor(outputSize: PerAxis) {
    super();
    this.outputSize = pairOf(outputSize);
  }
  /** @throws ShapeError */
  forward(x: tf.Tensor): tf.Tensor {
    expectImage('AdaptiveAvgPool2d', x, ['B', 'H', 'W']);
    return tf.tidy(() => {
      const [B, H, W, C] = x.shape as [number, number, number, number];
      const [h, w] = this.outputSize;
      const tall = averageMiddle(tf.reshape(x, [B, H, W * C]), h); // [B, h, W·C]
      const wide = averageMiddle(tf.reshape(tall, [B * h, W, C]), w); // [B·h, w, C]
      return tf.reshape(wide, [B, h, w, C]);
    });
  }
}

/** The same along one axis: [B, T, C] → [B, t, C]. */
export class AdaptiveAvgPool1d extends Module {
  readonly outputSize: number;
  constructor(outputSize: number) {
    super();
    this.outputSize = outputSize;
  }
  /** @throws ShapeError */
  forward(x: tf.Tensor): tf.Tensor {
    expectImage('AdaptiveAvgPool1d', x, ['B', 'T']);
    return tf.tidy(() => averageMiddle(x, this.outputSize));
  }
}
