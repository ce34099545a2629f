/** Bytes and kernel calls of the current backend. Exact on `native`; elsewhere what tfjs itself counts. */
import * as tf from '@tensorflow/tfjs-core';

/** What tensors hold on the current backend. */
export interface MemoryStats {
  /** Bytes that tensors hold now. */
  liveBytes: number;
  /** Most bytes held at once since the start or `resetPeakMemory`. Only `native` sees between the calls. */
  peakBytes: number;
  /** Bytes the allocator keeps for reuse. 0 except on `native`. */
  pooledBytes: number;
  /** Bytes of tensors that are parts of mapped files: not in the others, and shared between processes
   *  until written. 0 except on `native`. */
  mappedBytes: number;
  /** Tensors that were not disposed. */
  liveTensors: number;
  /** On `meta`: the bytes by what they are for, see `inCategory`. */
  categories?: Record<string, CategoryBytes>;
}

/** Bytes of one category. */
export interface CategoryBytes {
  liveBytes: number;
  /** When all categories together held the most. */
  bytesAtPeak: number;
}

/** How often kernels ran on `native`. */
export interface KernelStats {
  /** Calls of C++ kernels, by kernel name. */
  native: Record<string, number>;
  /** Calls of kernels that ran in JavaScript although the backend is `native`. */
  fallback: Record<string, number>;
}

/** What a backend that counts for itself offers. */
export interface StatisticsSource {
  memoryStats(): Omit<MemoryStats, 'liveTensors'>;
  resetPeakMemory(): void;
  kernelStats(): KernelStats;
  resetKernelStats(): void;
}

let seenPeakBytes = 0;

/** Bytes and tensors alive now, and the most bytes at once. */
export function memoryStats(): MemoryStats {
  const liveTensors = tf.memory().numTensors;
  const source = statisticsSource();
  if (source !== undefined) return { ...source.memoryStats(), liveTensors };
  const liveBytes = tf.memory().numBytes;
  seenPeakBytes = Math.max(seenPeakBytes, liveBytes);
  return { liveBytes, peakBytes: seenPeakBytes, pooledBytes: 0, mappedBytes: 0, liveTensors };
}

/** The peak starts again from the bytes held now. */
export function resetPeakMemory(): void {
  statisticsSource()?.resetPeakMemory();
  seenPeakBytes = 0;
}

/** Kernel calls since the start or `resetKernelStats`; both empty on other backends than `native`. */
export function kernelStats(): KernelStats {
  return statisticsSource()?.kernelStats() ?? { native: {}, fallback: {} };
}

/** Sets every count to zero. */
export function resetKernelStats(): void {
  statisticsSource()?.resetKernelStats();
}

function statisticsSource(): StatisticsSource | undefined {
  const backend: unknown = tf.getBackend() ? tf.backend() : undefined;
  return isStatisticsSource(backend) ? backend : undefined;
}

function isStatisticsSource(backend: unknown): backend is StatisticsSource {
  return typeof backend === 'object' && backend !== null && 'resetKernelStats' in backend;
}
