// One call of a fused operation: what goes in and with which options. Cases come from the PyTorch
// fixture (with what is expected) and from the list of odd shapes (without).
import {
  attention,
  crossEntropy,
  dropout,
  embedding,
  gelu,
  layerNorm,
  linear,
  linearCrossEntropy,
  linearLogProbs,
  logProbs,
  rmsNorm,
  rotary,
  rotaryTables,
  silu,
  swiglu,
  tf,
  type AttentionOptions,
  type CrossEntropyOptions,
  type Tensor,
} from '../../src/index.ts';
import { hashed } from './hashed.ts';

export type FloatInput = { shape: number[]; seed: number; scale: number };
export type IntInput = { shape: number[]; values: number[] };

export interface FusedCase {
  readonly op: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, FloatInput | IntInput>>;
  readonly options: Readonly<Record<string, unknown>>;
  readonly expected?: Outcome;
  /** Values at which a careless formula overflows; finite differences say nothing there. */
  readonly isExtreme?: boolean;
}

/** The output, and the gradient of Σ output · weights for each float input. */
export interface Outcome {
  readonly output: ArrayLike<number>;
  readonly gradients: Readonly<Record<string, ArrayLike<number>>>;
}

type Tensors = Record<string, Tensor>;
type Run = (tensors: Tensors, options: Record<string, unknown>) => Tensor;

const ROTARY_LENGTH = 16;

const RUN: Readonly<Record<string, Run>> = {
  linear: (t) => linear(t['x']!, t['weight']!, t['bias']),
  layerNorm: (t, o) => layerNorm(t['x']!, t['weight']!, t['bias']!, o['eps'] as number),
  rmsNorm: (t, o) => rmsNorm(t['x']!, t['weight']!, o['eps'] as number),
  gelu: (t, o) => gelu(t['x']!, o['approximate'] as 'none' | 'tanh'),
  silu: (t) => silu(t['x']!),
  swiglu: (t) => swiglu(t['gate']!, t['up']!),
  rotary: (t, o) => turn(t, o['theta'] as number, o['offset'] as number),
  rotaryAt: (t, o) => turn(t, o['theta'] as number, t['positions']!),
  attention: (t, o) =>
    attention(t['q']!, t['k']!, t['v']!, {
      ...(o as AttentionOptions),
      mask: t['mask'],
      bias: t['bias'],
    }),
  crossEntropy: (t, o) => crossEntropy(t['logits']!, t['labels']!, o as CrossEntropyOptions),
  linearCrossEntropy: (t, o) =>
    linearCrossEntropy(t['hidden']!, t['weight']!, t['labels']!, o as CrossEntropyOptions),
  linearLogProbs: (t) => linearLogProbs(t['hidden']!, t['weight']!, t['labels']!),
  embedding: (t) => embedding(t['weight']!, t['ids']!),
  dropout: (t, o) => dropout(t['x']!, o['rate'] as number, o['seed'] as number),
  logProbs: (t) => logProbs(t['logits']!, t['labels']!),
};

function turn(tensors: Tensors, theta: number, positions: number | Tensor): Tensor {
  const x = tensors['x']!;
  return rotary(x, rotaryTables(x.shape[3]!, ROTARY_LENGTH, theta), positions);
}

/** The operation itself. */
export function runCase({ op, options }: FusedCase, tensors: Tensors): Tensor {
  return RUN[op]!(tensors, { ...options });
}

/** The case's inputs as tensors, owned by the caller. */
export function inputsOf({ inputs }: FusedCase): Tensors {
  return Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, tensorOf(input)]));
}

/** The names of the inputs that have a gradient. */
export function differentiable({ inputs }: FusedCase): string[] {
  return Object.keys(inputs).filter((name) => 'seed' in inputs[name]!);
}

function tensorOf(input: FloatInput | IntInput): Tensor {
  if ('values' in input) return tf.tensor(input.values, input.shape, 'int32');
  const { shape, seed, scale } = input;
  return tf.tensor(hashed(tf.util.sizeFromShape(shape), seed, scale), shape);
}
