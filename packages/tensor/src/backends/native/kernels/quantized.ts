/** Products with quantised weights, straight from their (repacked) blocks: native/kernels/quantized. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { refuseId } from '../../../kernels/embedding.ts';
import type { QuantizedLinearAttrs } from '../../../kernels/quantized.ts';
import { blockFormat } from '../../../io/blocks/block-type.ts';
import type { QuantizedAttrs } from '../../../quantized/quantized-weight.ts';
import { sizeOf, type NativeKernel, type NativeKernelParams } from '../native-kernel.ts';

const PANEL_ROWS = 16;

export const QUANTIZED_KERNELS: readonly NativeKernel[] = Object.freeze([
  { kernelName: 'QuantizedPack', kernelFunc: pack },
  { kernelName: 'QuantizedDequantize', kernelFunc: dequantize },
  { kernelName: 'QuantizedLinear', kernelFunc: linear },
  { kernelName: 'QuantizedLinearGradInput', kernelFunc: linearGradInput },
  { kernelName: 'QuantizedEmbedding', kernelFunc: embedding },
] satisfies NativeKernel[]);

/** What every instruction reads first: type, rows, columns. */
function numbersOf({ type, rows, columns }: QuantizedAttrs): number[] {
  return [blockFormat(type).id, rows, columns];
}

/** Blocks of rows → panels of 16 rows, the last one padded; half precision stays as it is. */
function pack({ inputs, attrs, backend }: NativeKernelParams): TensorInfo {
  const { bytes } = inputs as { bytes: TensorInfo };
  const { type, rows } = attrs as QuantizedAttrs;
  if (blockFormat(type).blockSize === 1 || rows === 0) {
    backend.incRef(bytes.dataId);
    return { ...bytes };
  }
  const rowBytes = packedRowBytes(attrs as QuantizedAttrs);
  const out = backend.output([Math.ceil(rows / PANEL_ROWS) * PANEL_ROWS * rowBytes], 'bool');
  const handles = [bytes, out].map((tensor) => backend.handleOf(tensor));
  backend.run('QuantizedPack', ...numbersOf(attrs as QuantizedAttrs), ...handles);
  return out;
}

/** Bytes of a row in a panel. K-quants keep a whole byte for each of a group's scales, Q2_K to Q6_K. */
function packedRowBytes({ type, columns }: QuantizedAttrs): number {
  const { blockSize, blockBytes } = blockFormat(type);
  const wider =
    type === 'Q2_K' ? 16 : type === 'Q3_K' || type === 'Q4_K' || type === 'Q5_K' ? 4 : 0;
  return (columns / blockSize) * (blockBytes + wider);
}

function dequantize({ inputs, attrs, backend }: NativeKernelParams): TensorInfo {
  const { bytes } = inputs as { bytes: TensorInfo };
  const { rows, columns } = attrs as QuantizedAttrs;
  const out = backend.output([rows, columns], 'float32');
  const handles = [bytes, out].map((tensor) => backend.handleOf(tensor));
  backend.run('QuantizedDequantize', ...numbersOf(attrs as QuantizedAttrs), ...handles);
  return out;
}

function linear({ inputs, attrs, backend }: NativeKernelParams): TensorInfo {
  const { x, bytes, bias } = inputs as { x: TensorInfo; bytes: TensorInfo; bias?: TensorInfo };
  const { isExact, ...weight } = attrs as QuantizedLinearAttrs;
  const out = backend.output([...x.shape.slice(0, -1), weight.rows], 'float32');
  const M = x.shape.slice(0, -1).reduce((product, size) => product * size, 1);
  const biasHandle = bias === undefined ? -1 : backend.handleOf(bias);
  const [xHandle, weightHandle] = [backend.handleOf(x), backend.handleOf(bytes)];
  const handles = [xHandle, weightHandle, biasHandle, backend.handleOf(out)];
  const numbers = [...numbersOf(weight), M, isExact ? 1 : 0, backend.precision];
  backend.run('QuantizedLinear', ...numbers, ...handles);
  return out;
}

function linearGradInput({ inputs, attrs, backend }: NativeKernelParams): TensorInfo {
  const { dy, bytes } = inputs as Record<'dy' | 'bytes', TensorInfo>;
  const weight = attrs as QuantizedAttrs;
  const out = backend.output([...dy.shape.slice(0, -1), weight.columns], 'float32');
  const M = dy.shape.slice(0, -1).reduce((product, size) => product * size, 1);
  const handles = [dy, bytes, out].map((tensor) => backend.handleOf(tensor));
  const numbers = [...numbersOf(weight), M, backend.precision];
  backend.run('QuantizedLinearGradInput', ...numbers, ...handles);
  return out;
}

function embedding({ inputs, attrs, backend }: NativeKernelParams): TensorInfo {
  const { bytes, ids } = inputs as Record<'bytes' | 'ids', TensorInfo>;
  const weight = attrs as QuantizedAttrs;
  const out = backend.output([...ids.shape, weight.columns], 'float32');
  const handles = [bytes, ids, out].map((tensor) => backend.handleOf(tensor));
  const wrong = backend.run('QuantizedEmbedding', ...numbersOf(weight), sizeOf(ids), ...handles);
  if (wrong === 0) return out;
  backend.disposeData(out.dataId);
  return refuseId(weight.rows, (backend.readSync(ids.dataId) as Int32Array)[wrong - 1]!, wrong - 1);
}
