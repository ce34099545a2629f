/** Adds up what each kernel of a program costs. */
import {
  util,
  type NamedAttrMap,
  type NamedTensorInfoMap,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { flopsOf } from './flops.ts';

/** All calls of one kernel. */
export interface KernelProfile {
  readonly kernel: string;
  readonly calls: number;
  readonly seconds: number;
  /** Of products; a multiply–add is two. 0 for kernels without. */
  readonly flops: number;
  /** Of the tensors read and written, each counted once a call. */
  readonly bytes: number;
}

interface Call {
  readonly inputs: NamedTensorInfoMap;
  readonly attrs: NamedAttrMap;
}

type Totals = { -readonly [Key in keyof KernelProfile]: KernelProfile[Key] };

export class Profiler {
  readonly #totals = new Map<string, Totals>();

  /** Runs a kernel, which is synchronous, and adds its cost to the others of that name. */
  measure<T extends TensorInfo | TensorInfo[]>(kernel: string, call: Call, run: () => T): T {
    const start = performance.now();
    const result = run();
    const seconds = (performance.now() - start) / 1000;
    const inputs = Object.values(call.inputs).filter((info) => info !== undefined);
    const totals = this.#totals.get(kernel) ?? { kernel, calls: 0, seconds: 0, flops: 0, bytes: 0 };
    totals.calls += 1;
    totals.seconds += seconds;
    totals.flops += flopsOf(kernel, call.inputs as Record<string, TensorInfo>, call.attrs ?? {});
    totals.bytes += bytesOf(inputs) + bytesOf([result].flat());
    this.#totals.set(kernel, totals);
    return result;
  }

  /** The longest first. */
  kernels(): KernelProfile[] {
    return [...this.#totals.values()].sort((a, b) => b.seconds - a.seconds);
  }
}

function bytesOf(tensors: readonly TensorInfo[]): number {
  return tensors.reduce((sum, { shape, dtype }) => {
    return sum + util.sizeFromShape(shape) * util.bytesPerElement(dtype);
  }, 0);
}
