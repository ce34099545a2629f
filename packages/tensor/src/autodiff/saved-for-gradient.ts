/** Which of the tensors that a kernel saved its gradients really read.
 *
 *  tfjs saves by kernel, not by what will be differentiated: an addition keeps both terms though its
 *  gradient only looks at their shapes, and a product with a frozen weight keeps its other factor
 *  though only the weight's gradient would read that. Freed here, as soon as they are recorded; a
 *  freed tensor still has its shape. Kernels that are not listed keep all they saved. */
import type { TapeNode } from './tape.ts';

/** For each input of a kernel, the places in `saved` that the gradient of that input reads; an
 *  input that is not listed reads none. */
type ReadByInput = Readonly<Record<string, readonly number[]>>;

const NOTHING: ReadByInput = Object.freeze({});

const READ_BY_INPUT: Readonly<Record<string, ReadByInput>> = Object.freeze({
  // shapes only
  Add: NOTHING,
  AddN: NOTHING,
  Concat: NOTHING,
  ExpandDims: NOTHING,
  Mean: NOTHING,
  Pack: NOTHING,
  PadV2: NOTHING,
  Reshape: NOTHING,
  Slice: NOTHING,
  Sub: NOTHING,
  Sum: NOTHING,
  // a product: the gradient of one factor reads the other
  BatchMatMul: { a: [1], b: [0] },
  Linear: { x: [1], weight: [0] },
  Multiply: { a: [1], b: [0] },
});

/** Frees what the gradients of `inputs`, the node's inputs that get one, do not read. */
export function freeUnread(node: TapeNode, inputs: readonly string[]): void {
  const readByInput = READ_BY_INPUT[node.kernelName];
  if (readByInput === undefined) return;
  const read = new Set(inputs.flatMap((name) => readByInput[name] ?? []));
  node.saved?.forEach((tensor, i) => {
    if (!read.has(i)) tensor.dispose();
  });
}
