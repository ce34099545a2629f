/** y = x · Wᵀ + b and its gradients, as one product each (the composites are in src/kernels/linear.ts). */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../native-backend.ts';
import { sizeOf, type NativeKernel } from '../native-kernel.ts';

interface Product {
  transposeA: 0 | 1;
  transposeB: 0 | 1;
  m: number;
  n: number;
  k: number;
  a: TensorInfo;
  b: TensorInfo;
  bias?: TensorInfo;
}

function product(backend: NativeBackend, out: TensorInfo, p: Product): TensorInfo {
  const bias = p.bias === undefined ? -1 : backend.handleOf(p.bias);
  const [a, b, c] = [p.a, p.b, out].map((info) => backend.handleOf(info)) as [
    number,
    number,
    number,
  ];
  const noBatch = [0, 0, 0]; // three shapes of rank 0
  const noActivation = [0, 0, 0]; // accumulate, activation, alpha
  backend.run(
    'MatMul',
    p.transposeA,
    p.transposeB,
    p.m,
    p.n,
    p.k,
    ...noBatch,
    ...noActivation,
    backend.precision,
    a,
    b,
    bias,
    c,
  );
  return out;
}

/** [rows, last dimension] of a tensor whose leading dimensions are all rows. */
function rowsOf(x: TensorInfo): [number, number] {
  const features = x.shape.at(-1) as number;
  return [features === 0 ? 0 : sizeOf(x) / features, features];
}

function withLast(shape: number[], last: number): number[] {
  return [...shape.slice(0, -1), last];
}

export const LINEAR_KERNELS: readonly NativeKernel[] = Object.freeze([
  {
    kernelName: 'Linear', // {x [.., I], weight [O, I], bias? [O]} → [.., O]
    kernelFunc({ inputs, backend }) {
      const { x, weight, bias } = inputs as Record<'x' | 'weight', TensorInfo> & {
        bias?: TensorInfo;
      };
      const [m, k] = rowsOf(x);
      const n = weight.shape[0] as number;
      const out = backend.output(withLast(x.shape, n), 'float32');
      return product(backend, out, {
        transposeA: 0,
        transposeB: 1,
        m,
        n,
        k,
        a: x,
        b: weight,
        bias,
      });
    },
  },
  {
    kernelName: 'LinearGradInput', // {dy [.., O], weight [O, I]} → dx [.., I]
    kernelFunc({ inputs, backend }) {
      const { dy, weight } = inputs as Record<'dy' | 'weight', TensorInfo>;
      const [m, k] = rowsOf(dy);
      const n = weight.shape[1] as number;
      const out = backend.output(withLast(dy.shape, n), 'float32');
      return product(backend, out, { transposeA: 0, transposeB: 0, m, n, k, a: dy, b: weight });
    },
  },
  {
    kernelName: 'LinearGradWeight', // {dy [.., O], x [.., I]} → dweight [O, I]
    kernelFunc({ inputs, backend }) {
      const { dy, x } = inputs as Record<'dy' | 'x', TensorInfo>;
      const [k, m] = rowsOf(dy);
      const n = rowsOf(x)[1];
      const out = backend.output([m, n], 'float32');
      return product(backend, out, { transposeA: 1, transposeB: 0, m, n, k, a: dy, b: x });
    },
  },
  {
    kernelName: 'LinearGradBias', // {dy [.., O]} → dbias [O]
    kernelFunc({ inputs, backend }) {
      const { dy } = inputs as Record<'dy', TensorInfo>;
      const [rows, columns] = rowsOf(dy);
      const out = backend.output([columns], 'float32');
      backend.run('ColumnSums', rows, columns, 0, backend.handleOf(dy), backend.handleOf(out));
      return out;
    },
  },
]);
