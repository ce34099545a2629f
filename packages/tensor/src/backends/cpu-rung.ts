/** tfjs's JavaScript backend: the reference, always there. */
import * as tf from '@tensorflow/tfjs-core';
import { repairCpu } from './repairs/repair-kernels.ts';
import type { Rung } from './rung.ts';

export const CPU_RUNG: Rung = {
  backend: 'cpu',
  async probe() {
    return { isAvailable: true, reason: 'plain JavaScript, always there' };
  },
  async start() {
    await import('@tensorflow/tfjs-backend-cpu');
    await tf.setBackend('cpu');
    silenceBanner(tf.backend());
    repairCpu();
    return { tfjsName: 'cpu', threads: 1 };
  },
};

/** The backend advertises tfjs-node on the console when it is first written to. */
function silenceBanner(backend: object): void {
  if ('firstUse' in backend) backend.firstUse = false;
}
