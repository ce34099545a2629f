// The cache of Python's huggingface_hub, which it shares: CACHE/models--org--name/ with
//
//   blobs/ETAG                       the contents, by the server's name for them
//   snapshots/COMMIT/path/file.json  a relative link to its blob
//   refs/main                        the commit that a branch or tag was last seen at
import { copyFile, mkdir, readFile, readdir, rename, rm, stat, symlink } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { writeFileAtomic } from '@llm/tensor/io';
import { HubError } from '../errors.ts';

/** Where Python keeps it, unless told otherwise. */
export const defaultCacheFolder = (): string => join(homedir(), '.cache', 'huggingface', 'hub');

const COMMIT = /^[0-9a-f]{40}$/;
export const isCommit = (revision: string): boolean => COMMIT.test(revision);

export class RepoCache {
  readonly #folder: string;

  constructor(cacheFolder: string, repo: string) {
    this.#folder = join(cacheFolder, `models--${repo.replaceAll('/', '--')}`);
  }

  blobPath(etag: string): string {
    if (/^[\w.-]+$/.test(etag) && !etag.startsWith('.')) return join(this.#folder, 'blobs', etag);
    throw new HubError(
      `hub: etag: expected a name of letters and digits, got ${JSON.stringify(etag)}.`,
    );
  }

  snapshotPath(commit: string, file = ''): string {
    return join(this.#folder, 'snapshots', commit, file);
  }

  /** The commit that the revision was last seen at. */
  async commitOf(revision: string): Promise<string | undefined> {
    if (isCommit(revision)) return revision;
    const text = await readFile(join(this.#folder, 'refs', revision), 'utf8').catch(() => '');
    return isCommit(text.trim()) ? text.trim() : undefined;
  }

  async remember(revision: string, commit: string): Promise<void> {
    if (isCommit(revision)) return;
    const path = join(this.#folder, 'refs', revision);
    await mkdir(dirname(path), { recursive: true });
    await writeFileAtomic(path, commit);
  }

  /** Puts a blob's name into a snapshot: a link, or a copy where links are not allowed (Windows). */
  async link(commit: string, file: string, etag: string): Promise<void> {
    const path = this.snapshotPath(commit, file);
    await mkdir(dirname(path), { recursive: true });
    const blob = this.blobPath(etag);
    const temporary = `${path}.${process.pid}.tmp`;
    await rm(temporary, { force: true });
    await symlink(relative(dirname(path), blob), temporary).catch(() => copyFile(blob, temporary));
    await rename(temporary, path);
  }

  /** Files of a snapshot, by their paths in it. */
  async files(commit: string): Promise<string[]> {
    const root = this.snapshotPath(commit);
    const entries = await readdir(root, { recursive: true }).catch(() => []);
    const sizes = await Promise.all(
      entries.map((name) => stat(join(root, name)).catch(() => null)),
    );
    return entries.filter((_, i) => sizes[i]?.isFile()).map((name) => name.replaceAll('\\', '/'));
  }
}
