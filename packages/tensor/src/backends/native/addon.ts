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
  /** A handle of a part of the file. One that nobody writes to leaves the process's memory when it is freed. */
  mapView(file: number, offset: number, bytes: number, isReadOnly: boolean): number;
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
const HERE = path.dirname(fileURLToPath(import.meta.url));

/** The package with the library built for this platform (tools/prebuild): `@llm/tensor-linux-x64`, `…-darwin-arm64`, … */
export function prebuiltPackage(): string {
  return `@llm/tensor-${process.platform}-${process.arch}`;
}

/**
 * The library: the one built in this package, else the platform's package. The source and the bundle lie at
 * different depths below the package's root, so the search goes up from `folder`.
 */
export function findLibrary(folder = HERE): string | undefined {
  return findBuilt(folder) ?? findPrebuilt(folder);
}

function findBuilt(folder: string): string | undefined {
  const candidate = path.join(folder, LIBRARY);
  if (existsSync(candidate)) return candidate;
  const parent = path.dirname(folder);
  if (parent === folder || existsSync(path.join(folder, 'package.json'))) return undefined;
  return findBuilt(parent);
}

function findPrebuilt(folder: string): string | undefined {
  const { resolve } = createRequire(path.join(folder, 'addon.js'));
  try {
    return resolve(`${prebuiltPackage()}/llm_tensor.node`);
  } catch {
    return undefined;
  }
}

export function loadAddon(): Addon {
  const file = process.env['LLM_NATIVE_LIBRARY'] ?? findLibrary();
  if (file === undefined) {
    throw new UnsupportedError(
      `native: library: expected the package ${prebuiltPackage()} or ${LIBRARY} in @llm/tensor, got neither. ` +
        `Install ${prebuiltPackage()}, or run node native/build.mjs in @llm/tensor, which needs a C++ compiler.`,
    );
  }
  try {
    return createRequire(import.meta.url)(file) as Addon;
  } catch (error) {
    throw new UnsupportedError(
      `native: library: expected ${file} to load into Node ${process.version} for ${process.platform}-${process.arch}, ` +
        `got: ${(error as Error).message}. Run node native/build.mjs in @llm/tensor to build it here.`,
    );
  }
}
