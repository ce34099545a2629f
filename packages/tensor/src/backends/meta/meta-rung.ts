/** Shapes and bytes only. It is on no ladder: whoever wants it asks for it by name. */
import * as tf from '@tensorflow/tfjs-core';
import type { Rung } from '../rung.ts';

export const META_RUNG: Rung = {
  backend: 'meta',
  async probe() {
    return { isAvailable: true, reason: 'shapes and bytes only, always there' };
  },
  async start() {
    await import('@tensorflow/tfjs-backend-cpu'); // whose kernels are those that `native` lacks
    if (tf.findBackend('meta') === null) await register();
    return { tfjsName: 'meta', threads: 1 };
  },
};

async function register(): Promise<void> {
  const { MetaBackend } = await import('./meta-backend.ts');
  const { NATIVE_KERNELS } = await import('../native/kernels/index.ts');
  const { registerNativeKernels } = await import('../native/register-native-kernels.ts');
  const { registerFusedKernels } = await import('../../kernels/register.ts');
  const backend = new MetaBackend();
  registerFusedKernels('cpu');
  registerNativeKernels(NATIVE_KERNELS, backend.counts, 'meta');
  tf.registerBackend('meta', () => backend, 0);
}
