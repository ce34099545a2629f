/** TensorFlow's own bindings, used when the application has installed them: optional peers, never dependencies. */
import * as tf from '@tensorflow/tfjs-core';
import { prepareTensorFlow } from './prepare-tensorflow.ts';
import { reasonOf, type Rung, type RungProbe } from '../rung.ts';

/** tfjs-node 4.22 calls `util.isNullOrUndefined`, which Node 23 removed. */
const FIRST_NODE_WITHOUT_BINDING = 23;

async function loadPeer(specifier: string): Promise<RungProbe> {
  try {
    const { createRequire } = await import('node:module');
    createRequire(import.meta.url)(specifier); // both are CommonJS
    return { isAvailable: true, reason: `${specifier} is installed and loads` };
  } catch (error) {
    return { isAvailable: false, reason: whyNotLoaded(specifier, error) };
  }
}

function whyNotLoaded(specifier: string, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'MODULE_NOT_FOUND' && reasonOf(error).includes(`'${specifier}'`)) {
    return `the optional peer ${specifier} is not installed`;
  }
  const major = Number(globalThis.process?.versions?.node?.split('.')[0] ?? 0);
  const hint =
    major >= FIRST_NODE_WITHOUT_BINDING ? ` (its binding does not load on Node ${major})` : '';
  return `${specifier} is installed but does not load: ${reasonOf(error)}${hint}`;
}

/** tfjs-node-gpu also runs without a GPU; then the native engine is the better choice. */
function seesGpu(backend: object): boolean {
  return 'isUsingGpuDevice' in backend && backend.isUsingGpuDevice === true;
}

async function startPeer(specifier: string, wantsGpu: boolean): Promise<void> {
  const probe = await loadPeer(specifier);
  if (!probe.isAvailable) throw new Error(probe.reason);
  if (!(await tf.setBackend('tensorflow'))) throw new Error(`${specifier} does not start`);
  if (wantsGpu && !seesGpu(tf.backend())) throw new Error('TensorFlow sees no GPU');
  prepareTensorFlow();
}

function tfjsNodeRung(backend: 'tfjs-node' | 'tfjs-node-gpu'): Rung {
  const specifier = `@tensorflow/${backend}`;
  return {
    backend,
    probe: () => loadPeer(specifier),
    async start({ requireGpu = true }) {
      await startPeer(specifier, requireGpu && backend === 'tfjs-node-gpu');
      const { availableParallelism } = await import('node:os');
      return { tfjsName: 'tensorflow', threads: availableParallelism() };
    },
  };
}

export const TFJS_NODE_RUNG: Rung = tfjsNodeRung('tfjs-node');
export const TFJS_NODE_GPU_RUNG: Rung = tfjsNodeRung('tfjs-node-gpu');
