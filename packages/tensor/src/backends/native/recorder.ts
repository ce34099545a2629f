/**
 * Notes the instructions that a function issues, and gives out the buffers that they use, so that
 * they can run again on the same buffers. A buffer that was freed serves the next output of its
 * size; one that JavaScript wrote keeps its contents.
 */
import type { Addon, BufferMemory } from './addon.ts';

/** One instruction: its arguments, with `tag`ged handles. */
export interface RecordedInstruction {
  readonly opcode: number;
  readonly args: readonly number[];
  readonly result: number;
}

/** The flaw of a function that made something for all its calls to come: the next call may have none. */
export const KEEPS_TENSOR = 'it keeps a tensor that it made';

/** Handles are below 2^52. No other argument is this large, so that a tagged handle is known from numbers. */
const TAG = 2 ** 52;

export class Recorder implements BufferMemory {
  readonly instructions: RecordedInstruction[] = [];
  /** What JavaScript wrote, in order. */
  readonly written: { readonly handle: number; readonly values: Uint8Array }[] = [];
  /** Why it cannot be replayed, once that is known. */
  flaw: string | null = null;
  readonly #addon: Addon;
  readonly #places = new Map<number, number>(); // handle → its place in the order of first use
  readonly #owned = new Set<number>();
  readonly #sizes = new Map<number, number>();
  readonly #free = new Map<number, number[]>(); // by size
  readonly #pinned = new Set<number>();
  readonly #inUse = new Set<number>();
  #isRecording = true;

  constructor(addon: Addon) {
    this.#addon = addon;
  }

  tag(handle: number): number {
    return -TAG - handle;
  }

  plainArguments(args: readonly number[]): number[] {
    return args.map((value) => (isTagged(value) ? untagged(value) : value));
  }

  note(opcode: number, args: readonly number[], result: number): void {
    this.instructions.push({ opcode, args, result });
  }

  allocate(bytes: number): number {
    const handle = this.#free.get(bytes)?.pop() ?? this.#newBuffer(bytes);
    this.#inUse.add(handle);
    return handle;
  }

  write(handle: number, values: ArrayBufferView): void {
    this.#addon.write(handle, values);
    this.#pinned.add(handle);
    const { buffer, byteOffset, byteLength } = values;
    this.written.push({ handle, values: new Uint8Array(buffer, byteOffset, byteLength).slice() });
  }

  read(handle: number, values: ArrayBufferView): void {
    if (this.#isRecording) this.flaw ??= 'it reads values that it computed';
    this.#addon.read(handle, values);
  }

  /** While recording the buffer stays, for the recording; afterwards it goes. */
  free(handle: number): void {
    this.#inUse.delete(handle);
    if (!this.#isRecording) {
      this.#release(handle);
      return;
    }
    if (this.#pinned.has(handle)) return;
    const size = this.#sizes.get(handle)!;
    this.#free.set(size, [...(this.#free.get(size) ?? []), handle]);
  }

  /** Ends the recording. @param result the handle that stays in use */
  finish(result: number): void {
    this.#isRecording = false;
    for (const handle of this.#inUse) {
      if (handle !== result) this.flaw ??= KEEPS_TENSOR;
    }
  }

  /** The place of a tagged handle's buffer among those given out here; undefined for one from outside. */
  placeOf(value: number): number | undefined {
    return this.#places.get(untagged(value));
  }

  /** Frees the buffers that nobody uses. */
  dispose(): void {
    for (const handle of this.#owned) if (!this.#inUse.has(handle)) this.#release(handle);
  }

  #newBuffer(bytes: number): number {
    const handle = this.#addon.allocate(bytes);
    this.#places.set(handle, this.#places.size);
    this.#owned.add(handle);
    this.#sizes.set(handle, bytes);
    return handle;
  }

  #release(handle: number): void {
    if (this.#owned.delete(handle)) this.#addon.free(handle);
  }
}

export const isTagged = (value: number): boolean => value <= -TAG;
export const untagged = (value: number): number => -value - TAG;
