/** Writes a file so that a reader, or a crash at any moment, sees the old file or the new one and
 *  nothing between: temporary name in the same folder, fsync, rename, fsync of the folder. */
import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** What can be written: text as UTF-8, bytes, or pieces made while writing. */
export type FileData = string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/**
 * Replaces the file at `path` by `data`, wholly or not at all. On failure the old file is as it
 * was and no temporary file stays.
 *
 * @throws Error that says so when the disk is full; Node's own error otherwise
 */
export async function writeFileAtomic(path: string, data: FileData): Promise<void> {
  const folder = dirname(path);
  const suffix = `${process.pid}-${randomBytes(4).toString('hex')}`;
  const temporary = join(folder, `.${basename(path)}.${suffix}.tmp`);
  try {
    await writeAndSync(temporary, data);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw explain(error, path);
  }
  await syncFolder(folder);
}

async function writeAndSync(path: string, data: FileData): Promise<void> {
  const file = await open(path, 'wx');
  try {
    for await (const piece of pieces(data)) await writeFully(file, piece);
    await file.sync();
  } finally {
    await file.close();
  }
}

function pieces(data: FileData): Iterable<Uint8Array> | AsyncIterable<Uint8Array> {
  if (typeof data === 'string') return [new TextEncoder().encode(data)];
  return data instanceof Uint8Array ? [data] : data;
}

/** One system call writes less than 2^31 bytes. */
const MAX_WRITE_BYTES = 2 ** 30;

async function writeFully(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const want = Math.min(bytes.length - done, MAX_WRITE_BYTES);
    done += (await file.write(bytes, done, want)).bytesWritten;
  }
}

/** Makes the rename itself durable. Windows cannot sync a folder, and does not need to. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function explain(error: unknown, path: string): unknown {
  const code = (error as { code?: unknown } | null)?.code;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
  return new Error(
    `writeFileAtomic: ${path}: expected room for the file, got a full disk. ` +
      `Nothing was changed; free some space and try again.`,
    { cause: error },
  );
}
