/** The C++ library's exports (native/node/binding.cc), and finding it. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { UnsupportedError } from '../../errors/errors.ts';

/** The part that holds the values of tensors. */
export type BufferMemory = Pick<Addon, 'allocate' | 'free' | 'write' | 'read'>;

export interface Addon {
  /** The array from which `run` reads its instruction. */
  setProgram(program: Float64Array): void;
  run(length: number): number;
  /** The number of a sequence of instructions; see native/node/replay.h. */
  createReplay(program: Float64Array, patches: Float64Array): number;
  replay(number: number, counter: number): void;
  freeReplay(number: number): void;
  allocate(bytes: number): number;
  free(handle: number): void;
  write(handle: number, values: ArrayBufferView): void;
  read(handle: number, values: ArrayBufferView): void;
  /** [the file's number, its size]; its bytes become memory when they are first read. */
  mapFile(path: string): [number, number];
  /** A handle of a part of the file. */
  mapView(file: number, offset: number, bytes: number): number;
  /** No more views; those there are stay. */
  unmapFile(file: number): void;
  /** [live bytes, peak bytes, pooled bytes, live buffers, mapped bytes] */
  statistics(): [number, number, number, number, number];
  resetPeak(): void;
  trim(): void;
  setThreads(count: number): number;
  /** '' chooses the best. Returns the one in use. */
  setInstructionSet(name: string): string;
  instructionNames(): string[];
}

const LIBRARY = path.join('native', 'build', 'llm_tensor.node');

/** The library built in this package: the source and the bundle lie at different depths below its root. */
export function findLibrary(): string | undefined {
  let folder = path.dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const candidate = path.join(folder, LIBRARY);
    if (existsSync(candidate)) return candidate;
    const parent = path.dirname(folder);
    if (parent === folder || existsSync(path.join(folder, 'package.json'))) return undefined;
    folder = parent;
  }
}

export function loadAddon(): Addon {
  const file = process.env['LLM_NATIVE_LIBRARY'] ?? findLibrary();
  if (file === undefined) {
    throw new UnsupportedError(
      `native: library: expected ${LIBRARY} in @llm/tensor, got none. Run node native/build.mjs there.`,
    );
  }
  return createRequire(import.meta.url)(file) as Addon;
}
