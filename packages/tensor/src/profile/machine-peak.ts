/** What this machine can do at most, measured: the roofs that a profile is compared with (Williams et al. 2009). */
import * as tf from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../backends/native/native-backend.ts';
import { nativeBackend } from './native-only.ts';

/** Operations and bytes a second, with the backend's threads. A multiply–add is two operations. */
export interface MachinePeak {
  readonly float32: number;
  /** Of float32 products of 1,024 square matrices: what a program of products can come near. */
  readonly product: number;
  /** Of AVX-512-BF16; 0 without. */
  readonly bf16: number;
  /** Of AVX-512-VNNI; 0 without. */
  readonly int8: number;
  /** Bytes read from memory, of an array far larger than the caches. */
  readonly readBytes: number;
}

const REPEATS = 5;
const ROUNDS = 2_000_000; // some 10 ms
const PRODUCTS = 4; // some 20 ms
const READ_ELEMENTS = 64 * 2 ** 20; // 256 MiB

/** Takes about half a second and 256 MiB. Only on `native`. @throws UnsupportedError on another backend */
export function measureMachinePeak(): MachinePeak {
  const backend = nativeBackend('measureMachinePeak');
  const sink = backend.write(new Float32Array(1), [1], 'float32');
  const out = backend.handleOf({ dataId: sink, shape: [1], dtype: 'float32' });
  const [float32, bf16, int8] = [0, 1, 2].map((kind) =>
    best(() => backend.run('ComputePeak', kind, ROUNDS, out)),
  ) as [number, number, number];
  const readBytes = readPeak(backend, out);
  backend.disposeData(sink);
  return { float32, product: productPeak(), bf16, int8, readBytes };
}

function productPeak(): number {
  const size = 1024;
  const factor = tf.ones([size, size]);
  const peak = best(() => {
    for (let i = 0; i < PRODUCTS; i++) tf.matMul(factor, factor).dispose();
    return PRODUCTS * 2 * size ** 3;
  });
  factor.dispose();
  return peak;
}

function readPeak(backend: NativeBackend, out: number): number {
  const x = backend.output([READ_ELEMENTS], 'float32');
  const handle = backend.handleOf(x);
  backend.run('Fill', 4, READ_ELEMENTS, 0, handle);
  const bytes = best(() => backend.run('ReadPeak', READ_ELEMENTS, handle, out));
  backend.disposeData(x.dataId);
  return bytes;
}

/** The most units a second of several runs. @param run returns the units that it did */
function best(run: () => number): number {
  let most = 0;
  for (let i = 0; i < REPEATS; i++) {
    const start = performance.now();
    const units = run();
    most = Math.max(most, units / ((performance.now() - start) / 1000));
  }
  return most;
}
