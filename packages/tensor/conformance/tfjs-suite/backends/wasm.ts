// tfjs's WebAssembly backend with our repairs and kernels, as `useBackend('wasm')` starts it.
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { WASM_RUNG } from '../../../src/backends/wasm-rung.ts';
import { registerFusedKernels } from '../../../src/kernels/register.ts';

export const backendName = 'wasm';

/** The bundle lies elsewhere than the package, which looks for its module beside itself. */
export async function start(): Promise<void> {
  const entry = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
  setWasmPaths(`${dirname(entry)}/`);
  await WASM_RUNG.start({});
  registerFusedKernels('wasm');
}
