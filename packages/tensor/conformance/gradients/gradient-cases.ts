// What the repaired gradients are checked on: broadcasting, axes that are not the last, masks.
import { tf } from '../../src/index.ts';

type Tensors = readonly tf.Tensor[];

export interface GradientCase {
  readonly name: string;
  /** Shapes of the float32 arguments, all differentiated. */
  readonly shapes: readonly (readonly number[])[];
  readonly compute: (x: Tensors) => tf.Tensor;
}

const ints = (values: number[], shape: number[]) => tf.tensor(values, shape, 'int32');

function matMulCase(
  a: number[],
  b: number[],
  transposeA: boolean,
  transposeB: boolean,
): GradientCase {
  return {
    name: `matMul of [${a}]${transposeA ? 'ᵀ' : ''} and [${b}]${transposeB ? 'ᵀ' : ''}`,
    shapes: [a, b],
    compute: ([x, y]) => tf.matMul(x!, y!, transposeA, transposeB),
  };
}

function einsumCase(equation: string, ...shapes: number[][]): GradientCase {
  return {
    name: `einsum ${equation}`,
    shapes,
    compute: (tensors) => tf.einsum(equation, ...tensors),
  };
}

function binaryCase(name: 'maximum' | 'minimum' | 'squaredDifference', a: number[], b: number[]) {
  return {
    name: `${name} of [${a}] and [${b}]`,
    shapes: [a, b],
    compute: ([x, y]: Tensors) => tf[name](x!, y!),
  };
}

function cumsumCase(axis: number, exclusive: boolean, reverse: boolean): GradientCase {
  return {
    name: `cumsum along ${axis}${exclusive ? ', exclusive' : ''}${reverse ? ', reverse' : ''}`,
    shapes: [[2, 3, 4]],
    compute: ([x]) => tf.cumsum(x!, axis, exclusive, reverse),
  };
}

export const GRADIENT_CASES: readonly GradientCase[] = [
  matMulCase([3, 2, 4], [3, 4, 5], false, false),
  matMulCase([3, 2, 4], [1, 4, 5], false, false),
  matMulCase([1, 4, 2], [3, 4, 5], true, false),
  matMulCase([3, 2, 4], [1, 5, 4], false, true),
  matMulCase([2, 1, 4, 2], [1, 3, 5, 4], true, true),
  binaryCase('maximum', [2, 3], [3]),
  binaryCase('maximum', [2, 1, 3], [4, 1]),
  binaryCase('minimum', [2, 1], [2, 3]),
  binaryCase('squaredDifference', [2, 3], [1, 3]),
  binaryCase('squaredDifference', [], [2, 3]),
  cumsumCase(0, false, false),
  cumsumCase(1, true, false),
  cumsumCase(1, false, true),
  cumsumCase(2, true, true),
  einsumCase('ij,jk->ik', [2, 3], [3, 4]),
  einsumCase('bthd,bshd->bhts', [2, 3, 2, 4], [2, 5, 2, 4]),
  einsumCase('ij,k->k', [2, 3], [4]),
  einsumCase('ijk->ki', [2, 3, 4]),
  einsumCase('ij,ij->', [2, 3], [2, 3]),
  {
    name: 'gather along the middle axis',
    shapes: [[2, 4, 3]],
    compute: ([x]) => tf.gather(x!, ints([3, 0, 3], [3]), 1),
  },
  {
    name: 'gather by a matrix of indices',
    shapes: [[4, 3]],
    compute: ([x]) => tf.gather(x!, ints([3, 0, 3, 1], [2, 2]), -2),
  },
  {
    name: 'gather with a batch dimension',
    shapes: [[2, 4, 3]],
    compute: ([x]) => tf.gather(x!, ints([3, 0, 3, 1, 1, 2], [2, 3]), 1, 1),
  },
  {
    name: 'gatherND',
    shapes: [[3, 4, 2]],
    compute: ([x]) => tf.gatherND(x!, ints([0, 1, 2, 3, 0, 1], [3, 2])),
  },
  {
    name: 'scatterND',
    shapes: [[3, 2]],
    compute: ([x]) => tf.scatterND(ints([1, 4, 1], [3, 1]), x!, [5, 2]),
  },
  {
    name: 'stridedSlice with steps forwards and backwards',
    shapes: [[5, 6]],
    compute: ([x]) => tf.stridedSlice(x!, [0, -1], [5, 0], [2, -3]),
  },
  {
    name: 'stridedSlice with a new and a lost axis',
    shapes: [[3, 4]],
    compute: ([x]) => tf.stridedSlice(x!, [0, 1, 0], [1, 2, 4], [1, 1, 1], 0, 0, 0, 1, 2),
  },
  { name: 'topk', shapes: [[3, 5]], compute: ([x]) => tf.topk(x!, 2).values },
  { name: 'unstack of one part', shapes: [[1, 3]], compute: ([x]) => tf.unstack(x!)[0]! },
  { name: 'tile', shapes: [[2, 1, 3]], compute: ([x]) => tf.tile(x!, [1, 4, 2]) },
  {
    name: 'broadcastTo',
    shapes: [[3, 1]],
    compute: ([x]) => tf.broadcastTo(x!, [2, 3, 4]),
  },
];
