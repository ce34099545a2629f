/**
 * The kernels that run in C++. Each file of this folder exports a frozen array; add its line here.
 * `useBackend('native')` registers them over the JavaScript kernels of tfjs's cpu backend.
 */
import type { NativeKernel } from '../native-kernel.ts';
import { RELU_KERNELS } from './relu.ts';

export type { NativeKernel };

export const NATIVE_KERNELS: readonly NativeKernel[] = Object.freeze([...RELU_KERNELS]);
