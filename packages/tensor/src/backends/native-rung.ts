/** Our C++ engine. Loaded only when this rung is tried: it needs Node, and tfjs's cpu backend beneath it. */
import { reasonOf, type Rung } from './rung.ts';

export const NATIVE_RUNG: Rung = {
  backend: 'native',
  async probe() {
    if (globalThis.process?.versions?.node === undefined) {
      return { isAvailable: false, reason: 'needs Node' };
    }
    try {
      const { loadAddon } = await import('./native/addon.ts');
      loadAddon();
      return { isAvailable: true, reason: 'our C++ engine is built and loads' };
    } catch (error) {
      return { isAvailable: false, reason: reasonOf(error) };
    }
  },
  async start(options) {
    await import('@tensorflow/tfjs-backend-cpu');
    const { startNative } = await import('./native/start-native.ts');
    return { tfjsName: 'native', ...startNative(options) };
  },
};
