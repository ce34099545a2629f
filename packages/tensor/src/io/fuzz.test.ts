/** Damaged files give FormatError or are read; never another error, a hang, or memory beyond what
 *  the file's own size justifies. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, describe, it } from 'vitest';
import { useBackend } from '../backends/use-backend.ts';
import { FormatError, UnsupportedError } from '../errors/errors.ts';
import { bytesSource } from './byte-source.ts';
import { openGguf } from './gguf-read.ts';
import { openSafetensors } from './safetensors-read.ts';

beforeAll(() => useBackend('cpu'));

const load = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../../fixtures/${name}`, import.meta.url)));

async function readGguf(bytes: Uint8Array): Promise<void> {
  const file = await openGguf(bytesSource(bytes));
  for (const name of file.tensors.keys()) (await file.dequantize(name)).dispose();
}

async function readSafetensors(bytes: Uint8Array): Promise<void> {
  const file = await openSafetensors(bytesSource(bytes));
  for (const name of file.tensors.keys()) (await file.read(name)).dispose();
}

/** Where the last tensor's data ends; padding follows, which may be missing. */
const TINY_GGUF_END = 974;

const formats = [
  { format: 'GGUF', bytes: load('tiny.gguf').slice(0, TINY_GGUF_END), read: readGguf },
  { format: 'safetensors', bytes: load('python.safetensors'), read: readSafetensors },
];

async function survives(read: (bytes: Uint8Array) => Promise<void>, bytes: Uint8Array) {
  try {
    await read(bytes);
  } catch (error) {
    if (!(error instanceof FormatError || error instanceof UnsupportedError)) throw error;
  }
}

describe.each(formats)('a damaged $format file', ({ bytes, read }) => {
  it('is refused at every truncation', async () => {
    for (let length = 0; length < bytes.length; length++) {
      await read(bytes.slice(0, length)).then(
        () => {
          throw new Error(`a file of ${length} bytes was accepted`);
        },
        (error: unknown) => {
          if (!(error instanceof FormatError)) throw error;
        },
      );
    }
  });

  it('is refused or read with any bits flipped', async () => {
    const flip = fc.record({
      at: fc.nat(bytes.length - 1),
      mask: fc.integer({ min: 1, max: 255 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(flip, { minLength: 1, maxLength: 4 }), async (flips) => {
        const damaged = bytes.slice();
        for (const { at, mask } of flips) damaged[at] = damaged[at]! ^ mask;
        await survives(read, damaged);
      }),
      { numRuns: 1500 },
    );
  });

  it('is refused or read with numbers replaced by extreme ones', async () => {
    const extreme = fc.constantFrom(
      0n,
      1n,
      2n ** 31n,
      2n ** 32n - 1n,
      2n ** 53n,
      2n ** 63n,
      2n ** 64n - 1n,
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 8), extreme, async (at, value) => {
        const damaged = bytes.slice();
        new DataView(damaged.buffer).setBigUint64(at, value, true);
        await survives(read, damaged);
      }),
      { numRuns: 1500 },
    );
  });

  it('is refused or read when it is noise after a true beginning', async () => {
    const tail = fc.uint8Array({ maxLength: 300 });
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length), tail, async (keep, noise) => {
        const damaged = new Uint8Array(keep + noise.length);
        damaged.set(bytes.subarray(0, keep));
        damaged.set(noise, keep);
        await survives(read, damaged);
      }),
      { numRuns: 500 },
    );
  });
});
