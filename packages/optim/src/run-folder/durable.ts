// Makes files survive a power cut: data first (fsync of each file), then names (fsync of their directories).

import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** fsync of every file and directory below `directory`, deepest first, then of itself. */
export async function syncTree(directory: string): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) await syncTree(path);
    else if (entry.isFile()) await syncPath(path);
  }
  await syncPath(directory);
}

/** fsync of one file or directory. Windows cannot open a directory; its names need no sync there. */
export async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (process.platform === 'win32' && error.code === 'EPERM') return undefined;
    throw error;
  });
  try {
    await handle?.sync();
  } catch (error) {
    // Some file systems have no fsync for directories or read-only handles; the rename stays atomic.
    if (!['EINVAL', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    await handle?.close();
  }
}

/** Sizes of all files below `directory` by relative path with forward slashes, sorted. */
export async function fileSizes(directory: string, prefix = ''): Promise<Record<string, number>> {
  const sizes: [string, number][] = [];
  for (const entry of await readdir(join(directory, prefix), { withFileTypes: true })) {
    const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    if (entry.isDirectory()) sizes.push(...Object.entries(await fileSizes(directory, path)));
    else sizes.push([path, await sizeOf(join(directory, path))]);
  }
  return Object.fromEntries(sizes.sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function sizeOf(path: string): Promise<number> {
  const handle = await open(path, 'r');
  try {
    return (await handle.stat()).size;
  } finally {
    await handle.close();
  }
}
