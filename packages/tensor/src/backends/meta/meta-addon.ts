/** Stands in for the C++ library: buffers are numbers with a size, and instructions do nothing. */
import { UnsupportedError } from '../../errors/errors.ts';
import type { Addon } from '../native/addon.ts';
import type { ByteCounter } from './byte-counter.ts';

// Small arrays that were written can be read back: ids, positions, shapes that code decides by.
const REMEMBERED_BYTES = 4096;

export function metaAddon(counter: ByteCounter): Addon {
  const written = new Map<number, ArrayBufferView>();
  return {
    setProgram() {},
    run: () => 0, // no wrong id, no wrong position
    createReplay: () => 0,
    replay() {},
    freeReplay() {},
    allocate: (bytes) => counter.allocate(bytes),
    free(handle) {
      written.delete(handle);
      counter.free(handle);
    },
    write(handle, values) {
      if (values.byteLength <= REMEMBERED_BYTES) written.set(handle, copyOf(values));
    },
    read(handle, values) {
      const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      const source = written.get(handle);
      if (source === undefined) bytes.fill(0);
      else bytes.set(new Uint8Array(source.buffer, source.byteOffset, source.byteLength));
    },
    mapFile: refuseFile,
    mapView: refuseFile,
    unmapFile() {},
    statistics: () => [counter.liveBytes, counter.peakBytes, 0, counter.liveBuffers, 0],
    resetPeak: () => counter.resetPeak(),
    trim() {},
    setThreads: (count) => count,
    setInstructionSet: () => 'none',
    instructionNames: () => [],
  };
}

function copyOf(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice();
}

function refuseFile(): never {
  throw new UnsupportedError(
    'meta: file: expected a model made from its configuration, got a file of weights. ' +
      'The meta backend has no data: use createModel(config) there.',
  );
}
