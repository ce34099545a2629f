/** The ladder of backends, best first. A frozen list: nothing is added at import. */
import { CPU_RUNG } from './cpu-rung.ts';
import { META_RUNG } from './meta/meta-rung.ts';
import { NATIVE_RUNG } from './native-rung.ts';
import type { Rung } from './rung.ts';
import { TFJS_NODE_GPU_RUNG, TFJS_NODE_RUNG } from './tensorflow/tfjs-node-rungs.ts';
import { WASM_RUNG } from './wasm-rung.ts';

export const LADDER: readonly Rung[] = Object.freeze([
  TFJS_NODE_GPU_RUNG,
  NATIVE_RUNG,
  TFJS_NODE_RUNG,
  WASM_RUNG,
  CPU_RUNG,
]);

/** All that can be asked for by name. */
export const rungNamed = (name: string): Rung | undefined =>
  [...LADDER, META_RUNG].find(({ backend }) => backend === name);
