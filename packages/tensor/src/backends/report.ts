/** What choosing a backend tells its caller. */

/** A rung of the ladder, best first; `meta` is beside it. */
export type BackendName = 'tfjs-node-gpu' | 'native' | 'tfjs-node' | 'wasm' | 'cpu' | 'meta';

/** How to start a backend. */
export interface BackendOptions {
  /** Threads of the native backend. @default one per physical core */
  threads?: number;
  /** Instruction set of the native backend, for tests. @default LLM_NATIVE_ISA, else the processor's best */
  instructionSet?: 'scalar' | 'avx2' | 'avx512';
  /**
   * Whether `tfjs-node-gpu` must see a GPU. With `false` it also starts on the processor, as our
   * own conformance tests do. @default true
   */
  requireGpu?: boolean;
}

/** One backend and whether it is used. */
export interface LadderRung {
  backend: BackendName;
  /** `not tried`: a better one was chosen before it. */
  status: 'chosen' | 'available' | 'unavailable' | 'not tried';
  /** Why it was chosen or passed over, as a sentence for a person. */
  reason: string;
}

/** The backend that runs now, and why. */
export interface BackendReport {
  backend: BackendName;
  /** Why this one: asked for, LLM_BACKEND, or the best rung that works. */
  reason: string;
  /** Threads that its kernels use. */
  threads: number;
  /** The native backend's kernels: scalar, avx2, avx512; neon on arm64. */
  instructionSet?: string;
  /** Every backend, best first. */
  ladder: LadderRung[];
}
