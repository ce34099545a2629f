/** Convolutions with PyTorch's weights, [out, in ÷ groups, ...taps], over images with the channels last: [B, T, C] and
 *  [B, H, W, C], as tfjs has them. */
import * as tf from '@tensorflow/tfjs-core';
import { ShapeError } from '../errors/errors.ts';
import { dilateFilter } from '../kernels/conv-grad.ts';
import type { Generator } from '../random/generator.ts';
import { Module } from './module.ts';
import { parameter } from './parameter.ts';

type Pair = [number, number];

/** A number for every axis, or one for each. */
export type PerAxis = number | Pair;

/** How a convolution works; each number may be a pair, [height, width], where there are two axes. */
export interface ConvOptions<Sizes = PerAxis> {
  /** @default 1 */
  stride?: Sizes;
  /** Zeros on either side, or 'same' (the output is as large as the input; stride 1 only). @default 0 */
  padding?: Sizes | 'same' | 'valid';
  /** Steps between the taps. @default 1 */
  dilation?: Sizes;
  /** Parts of the channels that do not see each other; divides both numbers of channels. @default 1 */
  groups?: number;
  /** @default true */
  hasBias?: boolean;
  /** Where initial values come from; null leaves zeros, for a checkpoint to fill. */
  generator: Generator | null;
}

const pairOf = (value: PerAxis): Pair => (typeof value === 'number' ? [value, value] : value);

/** What both share: a 2-D convolution over [B, H, W, C]. */
abstract class Convolution extends Module {
  abstract readonly weight: tf.Variable;
  abstract readonly bias: tf.Variable | undefined; // [O]
  readonly stride: Pair;
  readonly padding: Pair | 'same' | 'valid';
  readonly dilation: Pair;
  readonly groups: number;

  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    options: Omit<ConvOptions<Pair>, 'generator' | 'hasBias'>,
  ) {
    super();
    const { stride = [1, 1], padding = [0, 0], dilation = [1, 1], groups = 1 } = options;
    this.stride = stride;
    this.padding = padding;
    this.dilation = dilation;
    this.groups = groups;
    if (inChannels % groups !== 0 || outChannels % groups !== 0) {
      throw new RangeError(
        `Conv: groups: expected a divisor of ${inChannels} and ${outChannels}, got ${groups}.`,
      );
    }
    if (padding === 'same' && stride.some((step) => step !== 1)) {
      throw new RangeError(`Conv: padding: expected numbers for stride ${stride}, got 'same'.`);
    }
  }

  /** x [B, H, W, C], weight [O, C ÷ groups, h, w] */
  protected convolve(x: tf.Tensor, weight: tf.Tensor): tf.Tensor {
    const y = this.groups === 1 ? this.#whole(x, weight) : this.#grouped(x, weight);
    return this.bias === undefined ? y : tf.add(y, this.bias);
  }

  #whole(x: tf.Tensor, weight: tf.Tensor): tf.Tensor {
    const filter = tf.transpose(weight, [2, 3, 1, 0]); // [h, w, C, O]
    return this.#apply(filter, (taps, dilation) =>
      tf.conv2d(
        x as tf.Tensor4D,
        taps as tf.Tensor4D,
        this.stride,
        this.#padding(),
        'NHWC',
        dilation,
      ),
    );
  }

  #grouped(x: tf.Tensor, weight: tf.Tensor): tf.Tensor {
    if (this.groups === this.inChannels) return this.#depthwise(x, weight);
    const images = tf.split(x, this.groups, 3);
    const weights = tf.split(weight, this.groups, 0);
    return tf.concat(
      images.map((image, g) => this.#whole(image, weights[g] as tf.Tensor)),
      3,
    );
  }

  #depthwise(x: tf.Tensor, weight: tf.Tensor): tf.Tensor {
    const [height, width] = weight.shape.slice(2) as Pair;
    const C = this.inChannels;
    const byChannel = tf.reshape(weight, [C, this.outChannels / C, height, width]);
    const filter = tf.transpose(byChannel, [2, 3, 0, 1]); // [h, w, C, O ÷ C]
    return this.#apply(filter, (taps, dilation) =>
      tf.depthwiseConv2d(
        x as tf.Tensor4D,
        taps as tf.Tensor4D,
        this.stride,
        this.#padding(),
        'NHWC',
        dilation,
      ),
    );
  }

  /** tfjs takes a stride or a dilation: with both, the filter gets zeros between its taps. */
  #apply(filter: tf.Tensor, run: (filter: tf.Tensor, dilation: Pair) => tf.Tensor): tf.Tensor {
    const hasBoth = this.stride.some((s) => s !== 1) && this.dilation.some((d) => d !== 1);
    return hasBoth ? run(dilateFilter(filter, this.dilation), [1, 1]) : run(filter, this.dilation);
  }

  #padding(): 'same' | 'valid' | tf.backend_util.ExplicitPadding {
    if (typeof this.padding === 'string') return this.padding;
    const [height, width] = this.padding;
    if (height === 0 && width === 0) return 'valid';
    return [
      [0, 0],
      [height, height],
      [width, width],
      [0, 0],
    ];
  }
}

/** Uniform within ±1/√(inputs of one output), as PyTorch (Kaiming uniform with a = √5). */
function initialWeights(shape: number[], generator: Generator | null) {
  const bound = 1 / Math.sqrt(tf.util.sizeFromShape(shape.slice(1)));
  const draw = (drawn: number[]) => generator?.uniform(drawn, -bound, bound) ?? tf.fill(drawn, 0);
  return { weight: parameter(draw(shape)), drawBias: () => parameter(draw([shape[0] as number])) };
}

/** A convolution over two axes: [B, H, W, C] → [B, H′, W′, O], each output the sum of `kernelSize` pixels times weights. */
export class Conv2d extends Convolution {
  readonly weight: tf.Variable; // [O, C ÷ groups, h, w]
  readonly bias: tf.Variable | undefined; // [O]

  constructor(inChannels: number, outChannels: number, kernelSize: PerAxis, options: ConvOptions) {
    const {
      stride = 1,
      padding = 0,
      dilation = 1,
      groups = 1,
      hasBias = true,
      generator,
    } = options;
    super(inChannels, outChannels, {
      stride: pairOf(stride),
      padding: typeof padding === 'string' ? padding : pairOf(padding),
      dilation: pairOf(dilation),
      groups,
    });
    const shape = [outChannels, inChannels / groups, ...pairOf(kernelSize)];
    const { weight, drawBias } = initialWeights(shape, generator);
    this.weight = weight;
    this.bias = hasBias ? drawBias() : undefined;
  }

  /** The caller owns the result.
   *  @throws ShapeError */
  forward(x: tf.Tensor): tf.Tensor {
    expectImage('Conv2d', x, ['B', 'H', 'W'], this.inChannels);
    return tf.tidy(() => this.convolve(x, this.weight));
  }
}

/** A convolution over one axis: [B, T, C] → [B, T′, O]. */
export class Conv1d extends Convolution {
  readonly weight: tf.Variable; // [O, C ÷ groups, taps]
  readonly bias: tf.Variable | undefined; // [O]

  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: number,
    options: ConvOptions<number>,
  ) {
    const {
      stride = 1,
      padding = 0,
      dilation = 1,
      groups = 1,
      hasBias = true,
      generator,
    } = options;
    super(inChannels, outChannels, {
      stride: [1, stride],
      padding: typeof padding === 'string' ? padding : [0, padding],
      dilation: [1, dilation],
      groups,
    });
    const shape = [outChannels, inChannels / groups, kernelSize];
    const { weight, drawBias } = initialWeights(shape, generator);
    this.weight = weight;
    this.bias = hasBias ? drawBias() : undefined;
  }

  /** The caller owns the result.
   *  @throws ShapeError */
  forward(x: tf.Tensor): tf.Tensor {
    expectImage('Conv1d', x, ['B', 'T'], this.inChannels);
    return tf.tidy(() => {
      const y = this.convolve(tf.expandDims(x, 1), tf.expandDims(this.weight, 2)); // [B, 1, T′, O]
      return tf.squeeze(y, [1]);
    });
  }
}

/** Throws unless x is an image of that many axes and channels. */
export function expectImage(
  op: string,
  x: tf.Tensor,
  axes: readonly string[],
  channels?: number,
): void {
  const isRight =
    x.rank === axes.length + 1 && (channels === undefined || x.shape.at(-1) === channels);
  if (isRight) return;
  throw new ShapeError(
    `${op}: x: expected [${[...axes, channels ?? 'C'].join(', ')}], got [${x.shape.join(', ')}]. ` +
      'Channels come last: transpose an image of PyTorch with tf.transpose(x, ' +
      `[0, ${axes.length === 3 ? '2, 3, 1' : '2, 1'}]).`,
  );
}
