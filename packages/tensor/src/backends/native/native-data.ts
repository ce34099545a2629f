/** What the native backend keeps for one data id. The record is the data id itself. */
import { util, type backend_util, type DataType, type TensorInfo } from '@tensorflow/tfjs-core';
import type { BufferMemory } from './addon.ts';

type NumericArray = Float32Array | Int32Array | Uint8Array;

/** The dtypes whose values live in C++. Strings and the two-part complex64 stay in JavaScript. */
export function isNativeDtype(dtype: DataType): dtype is 'float32' | 'int32' | 'bool' {
  return dtype === 'float32' || dtype === 'int32' || dtype === 'bool';
}

export class NativeData {
  refCount = 1;
  /** Real and imaginary part of a complex64. */
  complexTensorInfos?: { real: TensorInfo; imag: TensorInfo };

  /**
   * @param handle the C++ buffer, or -1 when `stored` holds the values
   * @param size number of elements
   */
  constructor(
    private readonly memory: BufferMemory,
    public dtype: DataType,
    public handle: number,
    private readonly size: number,
    private readonly stored?: backend_util.BackendValues,
  ) {}

  /**
   * The values as a fresh array, as tfjs's JavaScript kernels want them. Always a copy: kernels may write a
   * buffer in place, and JavaScript must never see freed memory. So do not read it in a loop, nor write to it.
   */
  get values(): backend_util.BackendValues | undefined {
    if (this.handle < 0) return this.stored;
    const copy = util.getArrayFromDType(this.dtype as 'float32', this.size);
    this.memory.read(this.handle, copy);
    return copy;
  }

  /** Frees the buffer, if there is one. */
  free(): void {
    if (this.handle >= 0) this.memory.free(this.handle);
    this.handle = -1;
  }
}

/** The values in the array type that the dtype has in memory; the same array when it is that already. */
export function toNumericArray(dtype: DataType, values: ArrayLike<number>): NumericArray {
  if (dtype === 'float32') {
    return values instanceof Float32Array ? values : Float32Array.from(values);
  }
  if (dtype === 'int32') return values instanceof Int32Array ? values : Int32Array.from(values);
  return values instanceof Uint8Array ? values : Uint8Array.from(values);
}
