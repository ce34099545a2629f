// Products with weights that lie in a GGUF file's blocks, the plain way: dequantise, then multiply in
// float32. The weight is an input `bytes` of one byte an element (dtype bool, as tfjs has no uint8).
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import { CODECS } from '../io/blocks/codecs.ts';
import type { QuantizedAttrs } from '../quantized/quantized-weight.ts';
import { composite, required, type FusedKernel, type KernelInputs } from './composite.ts';
import { refuseId } from './embedding.ts';
import { linear, linearGradInput } from './linear.ts';

/** `isExact` false lets a backend round x to 8 bits. */
export type QuantizedLinearAttrs = QuantizedAttrs & { isExact: boolean };

/** {bytes} → float32 [rows, columns] */
export const quantizedDequantize = composite<QuantizedAttrs>('QuantizedDequantize', floats);

/** {x [.., I], bytes, bias? [O]} → [.., O] */
export const quantizedLinear = composite<QuantizedLinearAttrs>('QuantizedLinear', (inputs, attrs) =>
  run(linear, { ...inputs, weight: floats(inputs, attrs) }),
);

/** {dy [.., O], bytes} → dx [.., I] */
export const quantizedLinearGradInput = composite<QuantizedAttrs>(
  'QuantizedLinearGradInput',
  (inputs, attrs) => run(linearGradInput, { ...inputs, weight: floats(inputs, attrs) }),
);

/** {bytes, ids int32 [..]} → [.., columns] */
export const quantizedEmbedding = composite<QuantizedAttrs>(
  'QuantizedEmbedding',
  (inputs, { type, rows, columns }) => {
    const ids = required(inputs, 'ids');
    const bytes = required(inputs, 'bytes').dataSync() as Uint8Array;
    const rowBytes = bytes.length / rows;
    const out = new Float32Array(ids.size * columns);
    for (const [i, id] of ids.dataSync().entries()) {
      if (!(id >= 0 && id < rows)) refuseId(rows, id, i);
      const blocks = bytes.subarray(id * rowBytes, (id + 1) * rowBytes);
      out.set(CODECS[type].decode(blocks), i * columns);
    }
    return tf.tensor(out, [...ids.shape, columns]);
  },
);

function floats(inputs: KernelInputs, { type, rows, columns }: QuantizedAttrs): Tensor {
  const bytes = required(inputs, 'bytes').dataSync() as Uint8Array;
  return tf.tensor2d(CODECS[type].decode(bytes), [rows, columns]);
}

/** One composite inside another. */
function run({ kernelFunc }: FusedKernel, inputs: Record<string, TensorInfo>): Tensor {
  return kernelFunc({ inputs, backend: {} }) as Tensor; // composites need no backend
}
