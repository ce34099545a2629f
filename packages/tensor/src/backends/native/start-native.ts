/** Creates the native backend, once per process (or worker thread), and registers its kernels. */
import * as tf from '@tensorflow/tfjs-core';
import type { BackendOptions } from '../report.ts';
import { registerFusedKernels } from '../../kernels/register.ts';
import { loadAddon } from './addon.ts';
import { defaultThreads } from './default-threads.ts';
import { NATIVE_KERNELS } from './kernels/index.ts';
import { NativeBackend } from './native-backend.ts';
import { registerNativeKernels } from './register-native-kernels.ts';

const PRIORITY = 4; // above wasm's 2; tfjs itself would pick the highest

export interface StartedEngine {
  threads: number;
  instructionSet: string;
}

/** Called again, it changes the threads and the instruction set of the running engine. */
export function startNative(options: BackendOptions): StartedEngine {
  const backend = (tf.findBackend('native') as NativeBackend | null) ?? createBackend();
  const wantedSet = options.instructionSet ?? process.env['LLM_NATIVE_ISA'] ?? '';
  return {
    instructionSet: backend.addon.setInstructionSet(wantedSet),
    threads: backend.addon.setThreads(options.threads ?? defaultThreads()),
  };
}

function createBackend(): NativeBackend {
  const backend = new NativeBackend(loadAddon());
  registerFusedKernels('cpu'); // so that a composite which runs on native counts as a fallback
  registerNativeKernels(NATIVE_KERNELS, backend.counts);
  tf.registerBackend('native', () => backend, PRIORITY);
  return backend;
}
