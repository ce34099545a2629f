/** BatchMatMul and _FusedMatMul: float32, every transposition, broadcast batches (native/kernels/gemm). */
import {
  broadcast_util,
  util,
  type NamedAttrMap,
  type NamedTensorInfoMap,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../native-backend.ts';
import { areAll, shapeArgs, sizeOf, type NativeKernel } from '../native-kernel.ts';

/** Positions are the numbers of native/kernels/gemm/gemm_simd.h. */
const ACTIVATIONS = ['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu'];

interface MatMulOptions {
  transposeA: boolean;
  transposeB: boolean;
  bias?: TensorInfo;
  activation?: number;
  alpha?: number;
}

function last2(shape: number[], isTransposed: boolean): [number, number] {
  const [rows, columns] = shape.slice(-2) as [number, number];
  return isTransposed ? [columns, rows] : [rows, columns];
}

function matMul(
  backend: NativeBackend,
  a: TensorInfo,
  b: TensorInfo,
  options: MatMulOptions,
): TensorInfo {
  const { transposeA, transposeB, bias, activation = 0, alpha = 0 } = options;
  const [m, k] = last2(a.shape, transposeA);
  const [innerB, n] = last2(b.shape, transposeB);
  util.assert(
    k === innerB,
    () =>
      `matMul: b: expected an inner dimension of ${k} (a is [${a.shape}], transposeA ${transposeA}), ` +
      `got ${innerB} ([${b.shape}], transposeB ${transposeB}). Check which side to transpose.`,
  );
  const [batchA, batchB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const batch = broadcast_util.assertAndGetBroadcastShape(batchA, batchB);
  const out = backend.output([...batch, m, n], 'float32');
  backend.run(
    'MatMul',
    Number(transposeA),
    Number(transposeB),
    m,
    n,
    k,
    ...shapeArgs(batch),
    ...shapeArgs(padWithOnes(batchA, batch.length)),
    ...shapeArgs(padWithOnes(batchB, batch.length)),
    0,
    activation,
    alpha,
    0, // float32: what tfjs's own matMul promises
    backend.handleOf(a),
    backend.handleOf(b),
    bias === undefined ? -1 : backend.handleOf(bias),
    backend.handleOf(out),
  );
  return out;
}

function padWithOnes(shape: number[], rank: number): number[] {
  return [...new Array<number>(rank - shape.length).fill(1), ...shape];
}

/** What C++ can fuse: a bias along the last dimension, and an activation without weights of its own. */
function isFusible(inputs: NamedTensorInfoMap, attrs: NamedAttrMap): boolean {
  const { b, bias } = inputs as { b: TensorInfo; bias?: TensorInfo };
  const n = last2(b.shape, attrs['transposeB'] as boolean)[1];
  const hasRowBias = bias == null || (sizeOf(bias) === n && bias.shape.at(-1) === n);
  return hasRowBias && ACTIVATIONS.includes((attrs['activation'] as string | null) ?? 'linear');
}

export const MAT_MUL_KERNELS: readonly NativeKernel[] = Object.freeze([
  {
    kernelName: 'BatchMatMul',
    supports: ({ inputs }) => areAll('float32', inputs),
    kernelFunc({ inputs, attrs, backend }) {
      const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
      const { transposeA, transposeB } = attrs as { transposeA: boolean; transposeB: boolean };
      return matMul(backend, a, b, { transposeA, transposeB });
    },
  },
  {
    kernelName: '_FusedMatMul',
    supports: ({ inputs, attrs }) => areAll('float32', inputs) && isFusible(inputs, attrs),
    kernelFunc({ inputs, attrs, backend }) {
      const { a, b, bias } = inputs as { a: TensorInfo; b: TensorInfo; bias?: TensorInfo };
      const { transposeA, transposeB } = attrs as { transposeA: boolean; transposeB: boolean };
      const activation = ACTIVATIONS.indexOf((attrs['activation'] as string | null) ?? 'linear');
      const alpha = (attrs['leakyreluAlpha'] as number | undefined) ?? 0.2;
      return matMul(backend, a, b, { transposeA, transposeB, bias, activation, alpha });
    },
  },
]);
