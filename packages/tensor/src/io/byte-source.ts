/** Random access to bytes, wherever they are: what the file readers read from. */
import { open } from 'node:fs/promises';
import { FormatError } from '../errors/errors.ts';

/** What the readers read from: a file, bytes, or whatever else can be read at an offset. */
export interface ByteSource {
  /** Total bytes; does not change. */
  readonly size: number;
  /** What errors call it: a path, or a description. */
  readonly name: string;
  /** Where the bytes are a file's: it may be mapped into memory instead of read. */
  readonly path?: string;
  /** Exactly `length` bytes from `offset`, as a copy that belongs to the caller.
   *  @throws FormatError where that is not within the source */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** Frees the file handle; safe to call twice. */
  close(): Promise<void>;
}

/** Bytes in memory. */
export function bytesSource(bytes: Uint8Array, name = 'bytes'): ByteSource {
  const source = {
    size: bytes.length,
    name,
    read: async (offset: number, length: number) => {
      checkRange(source, offset, length);
      return bytes.slice(offset, offset + length);
    },
    close: async () => {},
  };
  return source;
}

/** A file, opened for reading until `close`. Rejects with Node's own error where it cannot be opened. */
export async function fileSource(path: string): Promise<ByteSource> {
  const file = await open(path, 'r');
  const stat = await file.stat();
  if (!stat.isFile()) {
    await file.close();
    throw new FormatError(`fileSource: ${path}: expected a file, got a folder or a device.`);
  }
  let closing: Promise<void> | undefined;
  const source = {
    size: stat.size,
    name: path,
    path,
    read: async (offset: number, length: number) => {
      checkRange(source, offset, length);
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length;) {
        const want = Math.min(length - done, MAX_READ_BYTES);
        const { bytesRead } = await file.read(bytes, done, want, offset + done);
        if (bytesRead === 0) {
          throw new FormatError(`${path}: expected ${source.size} bytes, got fewer: it shrank.`);
        }
        done += bytesRead;
      }
      return bytes;
    },
    close: () => (closing ??= file.close()),
  };
  return source;
}

/** One system call reads less than 2^31 bytes. */
const MAX_READ_BYTES = 2 ** 30;

/** A path becomes a file source; a source stays itself. */
export async function toSource(sourceOrPath: ByteSource | string): Promise<ByteSource> {
  return typeof sourceOrPath === 'string' ? fileSource(sourceOrPath) : sourceOrPath;
}

function checkRange(source: ByteSource, offset: number, length: number): void {
  const isWhole = Number.isSafeInteger(offset) && Number.isSafeInteger(length);
  if (!isWhole || offset < 0 || length < 0 || offset + length > source.size) {
    throw new FormatError(
      `${source.name}: expected bytes ${offset} … ${offset + length}, got a source of ${source.size}.`,
    );
  }
}
