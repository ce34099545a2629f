/**
 * What surrounds parameters: lookup and its gradient, dropout, random numbers, the optimizer's step
 * (native/kernels: gather, embedding_grad, dropout, random_fill, adam_w, momentum, global_norm, binary).
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { adamWInputs, type AdamWAttrs } from '../../../kernels/adam-w-step.ts';
import { dropThreshold, type DropoutAttrs } from '../../../kernels/dropout.ts';
import { refuseId, type EmbeddingGradAttrs } from '../../../kernels/embedding.ts';
import {
  momentumInputs,
  type LionAttrs,
  type SgdMomentumAttrs,
} from '../../../kernels/momentum-steps.ts';
import type { RandomFillAttrs } from '../../../kernels/random-fill.ts';
import type { NativeBackend } from '../native-backend.ts';
import { sizeOf, type NativeKernel, type NativeKernelParams } from '../native-kernel.ts';
import { runBinary } from './binary.ts';
import { widthOf } from './element-type.ts';

/** The numbers of `Distribution` in native/kernels/random_fill/random_fill.h. */
const DISTRIBUTIONS: Readonly<Record<RandomFillAttrs['distribution'], number>> = Object.freeze({
  uniform: 0,
  normal: 1,
  truncatedNormal: 2,
});

function embeddingKernel({ inputs, backend }: NativeKernelParams): TensorInfo {
  const { weight, ids } = inputs as Record<'weight' | 'ids', TensorInfo>;
  const [V, C] = weight.shape as [number, number];
  const out = backend.output([...ids.shape, C], 'float32');
  const handles = [weight, ids, out].map((tensor) => backend.handleOf(tensor));
  const wrong = backend.run('Gather', widthOf('float32'), 1, 1, V, sizeOf(ids), C, ...handles);
  if (wrong > 0) refuse(backend, out, ids, { V, place: wrong - 1 });
  return out;
}

function embeddingGradKernel({ inputs, attrs, backend }: NativeKernelParams): TensorInfo {
  const { dy, ids } = inputs as Record<'dy' | 'ids', TensorInfo>;
  const { vocabSize: V } = attrs as EmbeddingGradAttrs;
  const C = dy.shape[dy.shape.length - 1] as number;
  const out = backend.output([V, C], 'float32');
  const handles = [ids, dy, out].map((tensor) => backend.handleOf(tensor));
  const wrong = backend.run('EmbeddingGrad', 0, V, sizeOf(ids), C, ...handles);
  if (wrong > 0) refuse(backend, out, ids, { V, place: wrong - 1 });
  return out;
}

function embeddingGradIntoKernel({ inputs, backend }: NativeKernelParams): TensorInfo[] {
  const { sum, dy, ids } = inputs as Record<'sum' | 'dy' | 'ids', TensorInfo>;
  const [V, C] = sum.shape as [number, number];
  const handles = [ids, dy, sum].map((tensor) => backend.handleOf(tensor));
  const wrong = backend.run('EmbeddingGrad', 1, V, sizeOf(ids), C, ...handles);
  if (wrong > 0) refuseId(V, (backend.readSync(ids.dataId) as Int32Array)[wrong - 1]!, wrong - 1);
  return [];
}

/** Frees the unfinished output and names the id that is no row of the table. */
function refuse(
  backend: NativeBackend,
  out: TensorInfo,
  ids: TensorInfo,
  { V, place }: { V: number; place: number },
): never {
  backend.disposeData(out.dataId);
  refuseId(V, (backend.readSync(ids.dataId) as Int32Array)[place]!, place);
}

function dropoutKernel({ inputs, attrs, backend }: NativeKernelParams): TensorInfo {
  const { x } = inputs as { x: TensorInfo };
  const { rate, seed } = attrs as DropoutAttrs;
  const out = backend.output(x.shape, 'float32');
  const handles = [backend.handleOf(x), backend.handleOf(out)];
  backend.run('Dropout', sizeOf(x), seed, dropThreshold(rate), 1 / (1 - rate), ...handles);
  return out;
}

function randomFillKernel({ attrs, backend }: NativeKernelParams): TensorInfo {
  const { shape, distribution, seed, counter, offset, scale } = attrs as RandomFillAttrs;
  const out = backend.output(shape, 'float32');
  const numbers = [DISTRIBUTIONS[distribution], seed, counter, offset, scale];
  backend.run('RandomFill', sizeOf(out), ...numbers, backend.handleOf(out));
  return out;
}

function addIntoKernel({ inputs, backend }: NativeKernelParams): TensorInfo[] {
  const { sum, term } = inputs as Record<'sum' | 'term', TensorInfo>;
  const flat = (tensor: TensorInfo) => ({ ...tensor, shape: [sizeOf(tensor)] });
  runBinary(backend, 'Add', [flat(sum), flat(term)], 'float32', sum);
  return [];
}

function adamWStepKernel({ inputs, attrs, backend }: NativeKernelParams): TensorInfo[] {
  const { b1, b2, eps, gradScale, stepSize, nuScale, decays, l2s } = attrs as AdamWAttrs;
  const tensors = decays.flatMap((decay, i) => {
    const { p, g, m, v } = adamWInputs(inputs, i);
    return [sizeOf(p), decay, l2s[i]!, ...[p, g, m, v].map((tensor) => backend.handleOf(tensor))];
  });
  backend.run('AdamWStep', decays.length, b1, b2, eps, gradScale, stepSize, nuScale, ...tensors);
  return [];
}

function sgdMomentumKernel({ inputs, attrs, backend }: NativeKernelParams): TensorInfo[] {
  const { momentum, gain, nesterov, learningRate, gradScale, l2s } = attrs as SgdMomentumAttrs;
  const scalars = [momentum, gain, Number(nesterov), learningRate, gradScale];
  backend.run('SgdMomentumStep', l2s.length, ...scalars, ...momentumArgs(backend, inputs, l2s));
  return [];
}

function lionKernel({ inputs, attrs, backend }: NativeKernelParams): TensorInfo[] {
  const { b1, b2, learningRate, gradScale, decays } = attrs as LionAttrs;
  const scalars = [b1, b2, learningRate, gradScale];
  backend.run('LionStep', decays.length, ...scalars, ...momentumArgs(backend, inputs, decays));
  return [];
}

/** size, its own number, and the buffers of each parameter */
function momentumArgs(
  backend: NativeBackend,
  inputs: NativeKernelParams['inputs'],
  numbers: readonly number[],
): number[] {
  return numbers.flatMap((number, i) => {
    const { p, g, m } = momentumInputs(inputs, i);
    return [sizeOf(p), number, ...[p, g, m].map((tensor) => backend.handleOf(tensor))];
  });
}

function globalNormKernel({ inputs, backend }: NativeKernelParams): TensorInfo {
  const out = backend.output([], 'float32');
  const tensors = Object.values(inputs as Record<string, TensorInfo>);
  const spans = tensors.flatMap((tensor) => [sizeOf(tensor), backend.handleOf(tensor)]);
  backend.run('GlobalNorm', tensors.length, backend.handleOf(out), ...spans);
  return out;
}

export const PARAMETER_KERNELS: readonly NativeKernel[] = Object.freeze([
  { kernelName: 'Embedding', kernelFunc: embeddingKernel },
  { kernelName: 'EmbeddingGrad', kernelFunc: embeddingGradKernel },
  { kernelName: 'EmbeddingGradInto', kernelFunc: embeddingGradIntoKernel },
  { kernelName: 'Dropout', kernelFunc: dropoutKernel },
  { kernelName: 'RandomFill', kernelFunc: randomFillKernel },
  { kernelName: 'AddInto', kernelFunc: addIntoKernel },
  { kernelName: 'AdamWStep', kernelFunc: adamWStepKernel },
  { kernelName: 'SgdMomentumStep', kernelFunc: sgdMomentumKernel },
  { kernelName: 'LionStep', kernelFunc: lionKernel },
  { kernelName: 'GlobalNorm', kernelFunc: globalNormKernel },
]);
