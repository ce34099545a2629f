/** Registers the backend's kernels: C++ where there is one, else tfjs's JavaScript kernel, counted. */
import {
  getKernelsForBackend,
  registerKernel,
  type KernelConfig,
  type KernelFunc,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import type { NativeKernel, NativeKernelParams } from './native-kernel.ts';
import type { KernelStats } from '../../memory/statistics.ts';

/** These only add a reference to their input: nothing is computed, so they don't count as falling back. */
const METADATA_KERNELS: ReadonlySet<string> = new Set(['Identity', 'Reshape']);

/** The JavaScript kernels must be registered under `cpu` already. Call once. */
export function registerNativeKernels(
  kernels: readonly NativeKernel[],
  counts: KernelStats,
  backendName: 'native' | 'meta' = 'native',
): void {
  const javaScript = new Map(
    getKernelsForBackend('cpu').map((config) => [config.kernelName, config]),
  );
  for (const kernel of kernels) {
    const config = nativeConfig(kernel, javaScript.get(kernel.kernelName), counts);
    registerKernel({ ...config, backendName });
    javaScript.delete(kernel.kernelName);
  }
  for (const config of javaScript.values()) {
    const isMetadata = METADATA_KERNELS.has(config.kernelName);
    const kernelFunc = isMetadata ? config.kernelFunc : countedFallback(config, counts);
    registerKernel({ ...config, backendName, kernelFunc });
  }
}

function nativeConfig(
  kernel: NativeKernel,
  javaScript: KernelConfig | undefined,
  counts: KernelStats,
): Omit<KernelConfig, 'backendName'> {
  const { kernelName } = kernel;
  const fallback = javaScript && countedFallback(javaScript, counts);
  const kernelFunc: KernelFunc = (params) => {
    const nativeParams = params as NativeKernelParams;
    if (fallback && kernel.supports && !kernel.supports(nativeParams)) return fallback(params);
    counts.native[kernelName] = (counts.native[kernelName] ?? 0) + 1;
    return profiled(kernelName, nativeParams, () => kernel.kernelFunc(nativeParams));
  };
  return { kernelName, kernelFunc };
}

function countedFallback(
  { kernelName, kernelFunc }: KernelConfig,
  counts: KernelStats,
): KernelFunc {
  return (params) => {
    counts.fallback[kernelName] = (counts.fallback[kernelName] ?? 0) + 1;
    return profiled(kernelName, params as NativeKernelParams, () => kernelFunc(params));
  };
}

function profiled<T extends TensorInfo | TensorInfo[]>(
  kernelName: string,
  params: NativeKernelParams,
  run: () => T,
): T {
  const { profiler } = params.backend;
  return profiler === undefined ? run() : profiler.measure(kernelName, params, run);
}
