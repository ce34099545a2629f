/** Linear layers in 8-bit integers: native/kernels/int8_linear. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { int8Stride, type Int8Attrs } from '../../../kernels/int8-linear.ts';
import type { NativeKernel } from '../native-kernel.ts';

export const INT8_LINEAR_KERNELS: readonly NativeKernel[] = Object.freeze([
  {
    kernelName: 'Int8Quantize',
    kernelFunc({ inputs, backend }) {
      const { x } = inputs as Record<'x', TensorInfo>;
      const [rows, columns] = x.shape as [number, number];
      const bytes = backend.output([rows, int8Stride(columns)], 'bool');
      const scales = backend.output([rows], 'float32');
      const offsets = backend.output([rows], 'int32');
      const handles = [x, bytes, scales, offsets].map((tensor) => backend.handleOf(tensor));
      backend.run('Int8Quantize', rows, columns, ...handles);
      return [bytes, scales, offsets];
    },
  },
  {
    kernelName: 'Int8Linear',
    kernelFunc({ inputs, attrs, backend }) {
      const { x, bytes, scales, offsets, bias } = inputs as Record<
        'x' | 'bytes' | 'scales' | 'offsets',
        TensorInfo
      > & { bias?: TensorInfo };
      const { columns } = attrs as Int8Attrs;
      const outputs = scales.shape[0]!;
      const rows = x.shape.slice(0, -1).reduce((product, size) => product * size, 1);
      const out = backend.output([...x.shape.slice(0, -1), outputs], 'float32');
      const handles = [x, bytes, scales, offsets].map((tensor) => backend.handleOf(tensor));
      const biasHandle = bias === undefined ? -1 : backend.handleOf(bias);
      backend.run(
        'Int8Linear',
        outputs,
        columns,
        rows,
        ...handles,
        biasHandle,
        backend.handleOf(out),
      );
      return out;
    },
  },
] satisfies NativeKernel[]);
