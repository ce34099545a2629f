// The demo's folder. It is made anew at each run, but only over an earlier demo: nothing else is removed.
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '@llm/tensor/io';

const MARKER = 'demo.json';

/** @throws Error when the folder holds anything but an earlier demo */
export async function startRunFolder(path: string, about: Record<string, unknown>): Promise<void> {
  const entries = await readdir(path).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return [];
    throw new Error(`demo: --out: ${path}: expected a folder (${error.code}).`);
  });
  if (entries.length > 0 && !entries.includes(MARKER)) {
    throw new Error(
      `demo: --out: ${path}: expected an empty folder or an earlier demo, got other files. Choose another folder.`,
    );
  }
  await rm(path, { recursive: true, force: true });
  await mkdir(path, { recursive: true });
  await writeFileAtomic(join(path, MARKER), `${JSON.stringify(about, null, 2)}\n`);
}
