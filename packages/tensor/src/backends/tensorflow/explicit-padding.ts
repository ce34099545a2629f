/**
 * Convolutions and pools of tfjs-node take the paddings 'valid' and 'same' only. Here a padding in
 * numbers is written into the input, with what leaves the result alone, and the rest is 'valid'.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { KernelFunc, NamedAttrMap, Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { wrapKernel } from '../repairs/wrap-kernel.ts';

type Padding = [number, number][];
type Inputs = Record<string, Tensor>;
/** Runs the kernel itself with 'valid' padding. */
type RunValid = (inputs: Inputs, attrs?: NamedAttrMap) => Tensor;
type Repair = (inputs: Inputs, padding: Padding, run: RunValid, attrs: NamedAttrMap) => Tensor;

/** The two 4-D [batch, height, width, channels] paddings, or none where the kernel knows its own. */
function paddingOf({ pad }: NamedAttrMap): Padding | undefined {
  if (typeof pad === 'string') return undefined;
  if (Array.isArray(pad)) return pad as unknown as Padding;
  const sides: [number, number] = [pad as number, pad as number];
  return [[0, 0], sides, sides, [0, 0]];
}

const padded = (x: Tensor, padding: Padding, value = 0) => tf.pad(x, padding, value);
const shapeOf = (shape: readonly number[], padding: Padding) =>
  shape.map((size, i) => padding[i]![0] + size + padding[i]![1]);
const cropped = (x: Tensor, padding: Padding, shape: readonly number[]) =>
  tf.slice(
    x,
    padding.map(([before]) => before),
    [...shape],
  );

const forward =
  (value: number): Repair =>
  ({ x, ...rest }, padding, run) =>
    run({ x: padded(x!, padding, value), ...rest });

const inputGradient: Repair = (inputs, padding, run, attrs) => {
  const inputShape = attrs['inputShape'] as number[];
  const wide = run(inputs, { inputShape: shapeOf(inputShape, padding) });
  return cropped(wide, padding, inputShape);
};

/** The mean is of what lies inside: the share of a window that does is the mean of padded ones. */
function insideShare(x: Tensor, padding: Padding, attrs: NamedAttrMap): Tensor {
  const { filterSize, strides } = attrs as Record<string, [number, number]>;
  const ones = padded(tf.onesLike(x), padding) as Tensor4D;
  return tf.avgPool(ones, filterSize!, strides!, 'valid');
}

const REPAIRS: Readonly<Record<string, Repair>> = {
  Conv2D: forward(0),
  DepthwiseConv2dNative: forward(0),
  Conv2DBackpropFilter: forward(0),
  DepthwiseConv2dNativeBackpropFilter: forward(0),
  Conv2DBackpropInput: inputGradient,
  DepthwiseConv2dNativeBackpropInput: inputGradient,
  MaxPool: forward(-Infinity),
  AvgPool: ({ x }, padding, run, attrs) =>
    tf.div(run({ x: padded(x!, padding) }), insideShare(x!, padding, attrs)),
  AvgPoolGrad: ({ dy, input }, padding, run, attrs) => {
    const share = tf.div(dy!, insideShare(input!, padding, attrs));
    return cropped(run({ dy: share, input: padded(input!, padding) }), padding, input!.shape);
  },
  MaxPoolGrad: ({ dy, input, output }, padding, run) => {
    const wide = run({ dy: dy!, input: padded(input!, padding, -Infinity), output: output! });
    return cropped(wide, padding, input!.shape);
  },
};

/** The kernels of tfjs-node must be registered. */
export function acceptExplicitPadding(): void {
  for (const [kernelName, repair] of Object.entries(REPAIRS)) {
    wrapKernel('tensorflow', kernelName, (original) => withPadding(original, repair));
  }
}

const withPadding =
  (original: KernelFunc, repair: Repair): KernelFunc =>
  (params) => {
    const attrs = params.attrs as NamedAttrMap;
    const padding = paddingOf(attrs);
    if (padding === undefined) return original(params);
    return tf.tidy(() => {
      const run: RunValid = (inputs, more) => {
        const valid = { ...attrs, ...more, pad: 'valid' };
        return original({ ...params, inputs, attrs: valid }) as Tensor; // tfjs-node makes tensors
      };
      return repair(params.inputs as Inputs, padding, run, attrs);
    });
  };
