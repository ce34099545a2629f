/**
 * Einsum of one or two tensors: sums what only one operand has, then one batched matrix product over the
 * dimensions that both share and the result lacks.
 */
import { backend_util, getKernel, util, type TensorInfo } from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../native-backend.ts';
import type { NativeKernel, NativeKernelParams } from '../native-kernel.ts';
import { haveOneDtype } from './element-type.ts';
import { runReduce } from './reduce.ts';
import { reshaped } from './strided-copy.ts';
import { transpose } from './transpose.ts';

/** A tensor whose dimensions carry the equation's labels (as numbers). */
interface Labelled {
  readonly tensor: TensorInfo;
  readonly labels: readonly number[];
}

const sizeOfLabels = ({ tensor, labels }: Labelled, wanted: readonly number[]) =>
  util.sizeFromShape(wanted.map((label) => tensor.shape[labels.indexOf(label)] as number));

/** Runs the steps of one einsum and frees what they made, the result apart. */
class Contraction {
  private readonly made: TensorInfo[] = [];

  constructor(private readonly backend: NativeBackend) {}

  /** Sums the labels that are not wanted. */
  keepOnly(operand: Labelled, wanted: (label: number) => boolean): Labelled {
    const axes = operand.labels.flatMap((label, axis) => (wanted(label) ? [] : [axis]));
    if (axes.length === 0) return operand;
    const { tensor } = operand;
    const sum = this.keep(runReduce(this.backend, 'Sum', tensor, axes, tensor.dtype));
    return { tensor: sum, labels: operand.labels.filter(wanted) };
  }

  /** The dimensions in the given order, reshaped. */
  arrange(operand: Labelled, order: readonly number[], shape: number[]): TensorInfo {
    const perm = order.map((label) => operand.labels.indexOf(label));
    const moved = this.keep(transpose(this.backend, operand.tensor, perm));
    return this.keep(reshaped(this.backend, moved, shape));
  }

  /** [batch, rows, inner] times [batch, inner, columns], for the labels that each operand has. */
  product(a: Labelled, b: Labelled, isKept: (label: number) => boolean): Labelled {
    const shared = a.labels.filter((label) => b.labels.includes(label));
    const batch = shared.filter(isKept);
    const inner = shared.filter((label) => !isKept(label));
    const rows = a.labels.filter((label) => !shared.includes(label));
    const columns = b.labels.filter((label) => !shared.includes(label));
    const [B, M, K] = [batch, rows, inner].map((part) => sizeOfLabels(a, part)) as [
      number,
      number,
      number,
    ];
    const left = this.arrange(a, [...batch, ...rows, ...inner], [B, M, K]);
    const right = this.arrange(
      b,
      [...batch, ...inner, ...columns],
      [B, K, sizeOfLabels(b, columns)],
    );
    const dims = [
      ...batch.map((l) => [a, l]),
      ...rows.map((l) => [a, l]),
      ...columns.map((l) => [b, l]),
    ];
    const shape = (dims as [Labelled, number][]).map(([operand, label]) =>
      sizeOfLabels(operand, [label]),
    );
    const product = this.keep(this.matMul(left, right));
    const tensor = this.keep(reshaped(this.backend, product, shape));
    return { tensor, labels: [...batch, ...rows, ...columns] };
  }

  /** Frees every temporary; the caller owns the result. */
  finish(result: Labelled, rank: number): TensorInfo {
    const order = Array.from({ length: rank }, (_, label) => label);
    const perm = order.map((label) => result.labels.indexOf(label));
    const out = transpose(this.backend, result.tensor, perm);
    for (const info of this.made) this.backend.disposeIntermediateTensorInfo(info);
    return out;
  }

  private matMul(a: TensorInfo, b: TensorInfo): TensorInfo {
    const { kernelFunc } = getKernel('BatchMatMul', 'native');
    const attrs = { transposeA: false, transposeB: false };
    return kernelFunc({ inputs: { a, b }, attrs, backend: this.backend }) as TensorInfo;
  }

  private keep(info: TensorInfo): TensorInfo {
    this.made.push(info);
    return info;
  }
}

function einsumKernel({ inputs, attrs, backend }: NativeKernelParams): TensorInfo {
  const tensors = Object.values(inputs) as TensorInfo[];
  const equation = attrs['equation'] as string;
  const { allDims, summedDims, idDims } = backend_util.decodeEinsumEquation(
    equation,
    tensors.length,
  );
  backend_util.checkEinsumDimSizes(allDims.length, idDims, tensors as never);
  const rank = allDims.length - summedDims.length; // the result's labels are 0, 1, …, rank − 1
  const isKept = (label: number) => label < rank;
  const operands = tensors.map((tensor, i) => ({ tensor, labels: idDims[i] as number[] }));
  const contraction = new Contraction(backend);
  const [a, b] = operands as readonly Labelled[] as readonly [Labelled, Labelled?];
  if (b === undefined) return contraction.finish(contraction.keepOnly(a, isKept), rank);
  const left = contraction.keepOnly(a, (label) => isKept(label) || b.labels.includes(label));
  const right = contraction.keepOnly(b, (label) => isKept(label) || a.labels.includes(label));
  return contraction.finish(contraction.product(left, right, isKept), rank);
}

export const EINSUM_KERNELS: readonly NativeKernel[] = Object.freeze([
  {
    kernelName: 'Einsum',
    supports: ({ inputs }) => haveOneDtype(Object.values(inputs) as TensorInfo[]),
    kernelFunc: einsumKernel,
  },
]);
