// How a JavaScript kernel reaches a tensor's numbers where they lie. tfjs tensors are immutable for
// its own operations; ours write in place what is updated again and again: caches, parameters,
// optimizer state, sums of gradients.
import type { TensorInfo, TypedArray } from '@tensorflow/tfjs-core';
import { UnsupportedError } from '../errors/errors.ts';

/** What the cpu and wasm backends offer to reach a tensor's numbers. */
interface ReachableBackend {
  /** cpu: a map of data ids to values */
  data?: { get(dataId: object): { values?: unknown } };
  /** wasm: a view of the heap */
  typedArrayFromHeap?(tensor: TensorInfo): TypedArray;
  readSync(dataId: object): ArrayLike<number>;
}

/** The float32 numbers of `tensor`; writing to them changes it. Valid until something allocates. */
export function valuesInPlace(op: string, backend: unknown, tensor: TensorInfo): Float32Array {
  const values = storedValues(op, backend, tensor);
  if (values instanceof Float32Array) return values;
  return refuse(op);
}

/** The numbers of a tensor of any numeric type; see valuesInPlace. */
export function storedValues(op: string, backend: unknown, tensor: TensorInfo): TypedArray {
  const reachable = backend as ReachableBackend;
  if (reachable.typedArrayFromHeap) return reachable.typedArrayFromHeap(tensor);
  const values = reachable.data?.get(tensor.dataId).values;
  if (values instanceof Float32Array || values instanceof Int32Array) return values;
  return refuse(op);
}

function refuse(op: string): never {
  throw new UnsupportedError(
    `${op}: backend: expected one whose buffers can be written in place, got another one. ` +
      "Use useBackend('native'), 'wasm' or 'cpu'.",
  );
}

/** The numbers of `tensor`, to be read only: perhaps a copy, perhaps not. */
export function readValues(backend: unknown, tensor: TensorInfo): Float32Array | Int32Array {
  return (backend as ReachableBackend).readSync(tensor.dataId) as Float32Array | Int32Array;
}
