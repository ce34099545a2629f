/**
 * The kernels that run in C++. Each file of this folder exports a frozen array; add its line here.
 * `useBackend('native')` registers them over the JavaScript kernels copied from tfjs's cpu backend.
 */
import type { KernelConfig } from '@tensorflow/tfjs-core';

export type NativeKernel = Omit<KernelConfig, 'backendName'>;

export const NATIVE_KERNELS: readonly NativeKernel[] = Object.freeze([]);
