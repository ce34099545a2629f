import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeFileAtomic } from './write-file-atomic.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atomic-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Pieces of a file whose disk fills up on the way. */
function* untilTheDiskIsFull(code: string) {
  yield new Uint8Array(1000);
  throw Object.assign(new Error('no space left on device'), { code });
}

describe('writeFileAtomic', () => {
  it('writes text, bytes and pieces', async () => {
    const path = join(folder, 'file');
    await writeFileAtomic(path, 'héllo');
    expect(await readFile(path, 'utf8')).toBe('héllo');
    await writeFileAtomic(path, Uint8Array.of(1, 2));
    expect([...(await readFile(path))]).toEqual([1, 2]);
    await writeFileAtomic(path, [Uint8Array.of(3), Uint8Array.of(), Uint8Array.of(4, 5)]);
    expect([...(await readFile(path))]).toEqual([3, 4, 5]);
    expect(await readdir(folder)).toEqual(['file']);
  });

  it('keeps the old file and no temporary one when writing fails', async () => {
    const path = join(folder, 'file');
    await writeFile(path, 'old');
    await expect(writeFileAtomic(path, untilTheDiskIsFull('EIO'))).rejects.toThrow('no space');
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['file']);
  });

  it.each(['ENOSPC', 'EDQUOT'])('says that the disk is full on %s', async (code) => {
    const path = join(folder, 'file');
    await expect(writeFileAtomic(path, untilTheDiskIsFull(code))).rejects.toThrow(
      `writeFileAtomic: ${path}: expected room for the file, got a full disk. ` +
        'Nothing was changed; free some space and try again.',
    );
    expect(await readdir(folder)).toEqual([]);
  });

  it('leaves one whole file when many write at once', async () => {
    const path = join(folder, 'file');
    const texts = Array.from({ length: 8 }, (_, i) => `${i}`.repeat(10_000));
    await Promise.all(texts.map((text) => writeFileAtomic(path, text)));
    expect(texts).toContain(await readFile(path, 'utf8'));
    expect(await readdir(folder)).toEqual(['file']);
  });

  it('passes on the error of a folder that is not there', async () => {
    await expect(writeFileAtomic(join(folder, 'no', 'file'), '')).rejects.toThrow('ENOENT');
  });
});
