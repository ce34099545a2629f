/** tfjs's WebAssembly backend (XNNPACK). In Node it runs on one thread. */
import * as tf from '@tensorflow/tfjs-core';
import { repairWasm } from './repairs/repair-kernels.ts';
import { reasonOf, type Rung } from './rung.ts';

export const WASM_RUNG: Rung = {
  backend: 'wasm',
  async probe() {
    try {
      const simd = await tf
        .env()
        .getAsync('WASM_HAS_SIMD_SUPPORT')
        .catch(() => undefined);
      await import('@tensorflow/tfjs-backend-wasm');
      return { isAvailable: true, reason: `WebAssembly${simd === false ? ' without SIMD' : ''}` };
    } catch (error) {
      return { isAvailable: false, reason: reasonOf(error) };
    }
  },
  async start() {
    const wasm = await import('@tensorflow/tfjs-backend-wasm');
    if (!(await tf.setBackend('wasm'))) {
      throw new Error('WebAssembly: the module could not be compiled or started.');
    }
    repairWasm();
    return { tfjsName: 'wasm', threads: wasm.getThreadsCount() };
  },
};
