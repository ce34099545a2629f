/** Our C++ engine. */
import type { Rung } from './rung.ts';

export const NATIVE_RUNG: Rung = {
  backend: 'native',
  async probe() {
    return { isAvailable: false, reason: 'the C++ engine is not built' };
  },
  async start() {
    throw new Error('native: the C++ engine is not built.');
  },
};
