/** StridedSlice of the wasm backend labels its result float32, whatever the elements are. */
import * as tf from '@tensorflow/tfjs-core';
import type { DataType, Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import type { KernelWrapper } from './wrap-kernel.ts';

interface WasmData {
  dataIdMap: { get(dataId: object): { dtype: DataType } };
}

export const withOwnDtype: KernelWrapper = (original) => (params) => {
  const x = params.inputs['x'] as Tensor;
  if (x.dtype === 'float32') return original(params);
  if (x.dtype === 'bool') return asInt32(x, params.attrs as tf.NamedAttrMap); // one byte an element
  const out = original(params) as TensorInfo;
  out.dtype = x.dtype;
  (params.backend as WasmData).dataIdMap.get(out.dataId).dtype = x.dtype;
  return out;
};

function asInt32(x: Tensor, attrs: tf.NamedAttrMap): Tensor {
  return tf.tidy(() => {
    const part = tf.engine().runKernel<Tensor>('StridedSlice', { x: tf.cast(x, 'int32') }, attrs);
    return tf.cast(part, 'bool');
  });
}
