/** What choosing a backend tells its caller. */

/** A rung of the ladder, best first. */
export type BackendName = 'tfjs-node-gpu' | 'native' | 'tfjs-node' | 'wasm' | 'cpu';

export interface BackendOptions {
  /** Threads of the native backend. @default one per physical core */
  threads?: number;
  /** Instruction set of the native backend, for tests. @default LLM_NATIVE_ISA, else the processor's best */
  instructionSet?: 'scalar' | 'avx2' | 'avx512';
}

export interface LadderRung {
  backend: BackendName;
  status: 'chosen' | 'available' | 'unavailable' | 'not tried';
  /** Why it was chosen or passed over, as a sentence for a person. */
  reason: string;
}

export interface BackendReport {
  backend: BackendName;
  /** Why this one: asked for, LLM_BACKEND, or the best rung that works. */
  reason: string;
  threads: number;
  /** The native backend's kernels: scalar, avx2, avx512. */
  instructionSet?: string;
  ladder: LadderRung[];
}
