// Brings a model from a hub that speaks Hugging Face's HTTP into the cache that Python's huggingface_hub
// keeps, and gives its path.
import { stat } from 'node:fs/promises';
import { HubError } from '../errors.ts';
import { defaultCacheFolder, isCommit, RepoCache } from './cache.ts';
import { fetchFile, headOf, type Transfer } from './fetch-file.ts';
import { ConnectionError, failure, request } from './http.ts';
import { checkFileName, parseHubName } from './name.ts';
import { selectFiles } from './select-files.ts';

export interface HubOptions {
  /** The hub. @default 'https://huggingface.co' */
  readonly endpoint?: string;
  /** Branch, tag or commit; one in the name wins. @default 'main' */
  readonly revision?: string;
  /** @default ~/.cache/huggingface/hub, which Python's libraries share */
  readonly cacheFolder?: string;
  /** For private and gated models. Sent to the endpoint alone, never to where it redirects. */
  readonly token?: string;
  /** Files to get instead of what a model needs. */
  readonly files?: readonly string[];
  /** Uses the cache and no network. @default false */
  readonly offline?: boolean;
  readonly signal?: AbortSignal;
  /** Called as bytes come in. */
  readonly onProgress?: (progress: HubProgress) => void;
  /** Further attempts after a broken connection. @default 5 */
  readonly retries?: number;
  /** Wait before the first of them, doubled each time. @default 500 */
  readonly retryMilliseconds?: number;
  /** Silence after which a connection is given up. @default 60000 */
  readonly stallMilliseconds?: number;
}

export interface HubProgress {
  readonly file: string;
  /** Of this file. */
  readonly bytes: number;
  readonly size: number;
  /** Files that are whole, and all. */
  readonly filesDone: number;
  readonly fileCount: number;
}

const DEFAULT_ENDPOINT = 'https://huggingface.co';

/**
 * Downloads what is missing of a model and gives the path of its folder, or of its file where the name has
 * one (`org/name/file.gguf`) or the repository is a single `.gguf`. Interrupted transfers go on where they
 * stopped; every file's hash is checked. Without a connection, a snapshot in the cache is used as it is.
 *
 * @param name `org/name`, `org/name@revision` or `org/name/file`, with or without `hub:` before it
 * @throws HubError for names, revisions and files that are not there, models that are private or gated,
 *   contents with another hash, and connections that stay broken
 */
export async function downloadModel(name: string, options: HubOptions = {}): Promise<string> {
  const { repo, revision: named, file } = parseHubName(name);
  const revision = named ?? options.revision ?? 'main';
  const files = file === undefined ? options.files : [file];
  for (const wanted of files ?? []) checkFileName(repo, wanted);
  const cache = new RepoCache(options.cacheFolder ?? defaultCacheFolder(), repo);
  const wanted = { repo, revision, file, files, cache };
  if (options.offline) return cached(wanted, 'offline: true');
  try {
    return await downloaded(wanted, options);
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error;
    return await cached(wanted, `no connection (${error.message})`, error);
  }
}

interface Wanted {
  readonly repo: string;
  readonly revision: string;
  /** The one that the name names. */
  readonly file: string | undefined;
  readonly files: readonly string[] | undefined;
  readonly cache: RepoCache;
}

async function downloaded(wanted: Wanted, options: HubOptions): Promise<string> {
  const { repo, revision, cache } = wanted;
  const endpoint = (options.endpoint ?? DEFAULT_ENDPOINT).replace(/\/+$/, '');
  const { commit, names } = await listing(wanted, endpoint, options);
  const files = wanted.files ?? selectFiles(repo, names);
  for (const [index, file] of files.entries()) {
    checkFileName(repo, file);
    const isThere = await stat(cache.snapshotPath(commit, file)).catch(() => undefined);
    if (isThere?.isFile()) continue; // a commit's files never change
    const path = file.split('/').map(encodeURIComponent).join('/');
    const url = `${endpoint}/${repo}/resolve/${commit}/${path}`;
    const remote = await headOf(url, `${repo}: ${file}`, options);
    const { size } = remote;
    const counts = { file, size, filesDone: index, fileCount: files.length };
    const onBytes = (bytes: number): void => options.onProgress?.({ ...counts, bytes });
    await fetchFile(remote, cache.blobPath(remote.etag), { ...transferOf(options), onBytes });
    await cache.link(commit, file, remote.etag);
  }
  await cache.remember(revision, commit);
  return pathOf(wanted, commit, files);
}

const transferOf = (options: HubOptions): Transfer => ({
  token: options.token,
  signal: options.signal,
  retries: options.retries ?? 5,
  retryMilliseconds: options.retryMilliseconds ?? 500,
  stallMilliseconds: options.stallMilliseconds ?? 60_000,
});

/** The commit of a revision, and what it holds. */
async function listing(
  { repo, revision }: Wanted,
  endpoint: string,
  options: HubOptions,
): Promise<{ commit: string; names: string[] }> {
  const url = `${endpoint}/api/models/${repo}/revision/${encodeURIComponent(revision)}`;
  const response = await request(url, options);
  const what = revision === 'main' ? repo : `${repo}@${revision}`;
  if (response.status !== 200) throw failure(what, response, options.token !== undefined);
  const json: unknown = await response.json().catch(() => undefined);
  const { sha, siblings } = (json ?? {}) as { sha?: unknown; siblings?: unknown };
  const names = Array.isArray(siblings)
    ? siblings.map((entry: { rfilename?: unknown } | null) => String(entry?.rfilename))
    : undefined;
  if (typeof sha === 'string' && isCommit(sha) && names) return { commit: sha, names };
  throw new HubError(
    `hub: ${what}: expected the list of its files, got another answer. Is ${endpoint} a hub?`,
  );
}

/** What the cache has of it. */
async function cached(wanted: Wanted, why: string, cause?: Error): Promise<string> {
  const { repo, revision, cache } = wanted;
  const commit = await cache.commitOf(revision);
  const there = commit === undefined ? [] : await cache.files(commit);
  const missing = wanted.files?.filter((file) => !there.includes(file)) ?? [];
  if (commit === undefined || there.length === 0 || missing.length > 0) {
    const got = missing.length > 0 && there.length > 0 ? `no ${missing.join(', ')}` : 'nothing';
    throw new HubError(
      `hub: ${repo}@${revision}: expected it in the cache (${why}), got ${got}. Download it with a connection first.`,
      { cause },
    );
  }
  return pathOf(wanted, commit, wanted.files ?? selectFiles(repo, there));
}

function pathOf({ file, cache }: Wanted, commit: string, got: readonly string[]): string {
  const isSingle = got.length === 1 && got[0]!.endsWith('.gguf');
  return cache.snapshotPath(commit, file ?? (isSingle ? got[0] : ''));
}
