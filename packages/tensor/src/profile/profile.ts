import { nativeBackend } from './native-only.ts';
import { Profiler, type KernelProfile } from './profiler.ts';

/** What a program cost. */
export interface Profile<T> {
  readonly value: T;
  /** Of the whole program: what is not in the kernels is JavaScript's. */
  readonly seconds: number;
  /** By kernel, the longest first. A kernel that calls others (a composite) counts their time too. */
  readonly kernels: readonly KernelProfile[];
}

/**
 * Runs `fn` and measures each kernel in it. Only on `native`, whose kernels are done when they return.
 * @throws UnsupportedError on another backend
 * @example
 * const { kernels, seconds } = profile(() => trainingStep());
 */
export function profile<T>(fn: () => T): Profile<T> {
  const backend = nativeBackend('profile');
  const profiler = new Profiler();
  const outer = backend.profiler;
  backend.profiler = profiler;
  try {
    const start = performance.now();
    const value = fn();
    const seconds = (performance.now() - start) / 1000;
    return { value, seconds, kernels: profiler.kernels() };
  } finally {
    backend.profiler = outer;
  }
}
