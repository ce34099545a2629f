/** The file system, as much as loading and saving a tokenizer need. Node; a browser's twin refuses. */
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { TokenizerError } from '../errors.ts';

export { basename, dirname, join };

/** The names in a folder, 'file' for a file, undefined where nothing is. */
export async function lookAt(path: string): Promise<readonly string[] | 'file' | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  return found.isDirectory() ? readdir(path) : 'file';
}

/** Undefined where there is no readable file. */
export async function readBytes(path: string): Promise<Uint8Array | undefined> {
  return readFile(path).catch(() => undefined);
}

export interface OpenFile {
  readonly size: number;
  readPrefix(length: number): Promise<Uint8Array>;
}

export async function withFile<Result>(
  path: string,
  use: (file: OpenFile) => Promise<Result>,
): Promise<Result> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    const readPrefix = async (length: number): Promise<Uint8Array> => {
      const { buffer, bytesRead } = await handle.read(new Uint8Array(length), 0, length, 0);
      return buffer.subarray(0, bytesRead);
    };
    return await use({ size, readPrefix });
  } finally {
    await handle.close();
  }
}

export async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true });
}

/** Never leaves half a file: written beside, synced, renamed. */
export async function writeAtomic(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const handle = await open(temporary, 'w');
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw cannotWrite(path, error);
  }
}

function cannotWrite(path: string, error: unknown): TokenizerError {
  const { code, message } = error as NodeJS.ErrnoException;
  const got = code === 'ENOSPC' ? 'a full disk' : message;
  return new TokenizerError(
    `save: ${path}: expected to write the file, got ${got}. Nothing was changed; make room or choose another place.`,
    { cause: error },
  );
}
