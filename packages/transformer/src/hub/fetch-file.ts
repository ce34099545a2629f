// One file of a hub's model into the cache: what an earlier attempt left is continued, a broken connection
// taken up again, and the contents checked against the server's hash before they get their name.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { HubError } from '../errors.ts';
import { ConnectionError, failure, request, type Access } from './http.ts';

export interface RemoteFile {
  /** For messages. */
  readonly what: string;
  readonly url: string;
  /** sha256 of large files, git's sha1 of a small one's blob; other names can't be checked. */
  readonly etag: string;
  readonly size: number;
}

export interface Transfer extends Access {
  /** Attempts after the first that end in a broken connection. */
  readonly retries: number;
  /** Before the first of these; doubled each time. */
  readonly retryMilliseconds: number;
  /** A connection that brings nothing for so long is taken for broken. */
  readonly stallMilliseconds: number;
  /** Bytes of the file that are there. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
}

/** Asks for a file's hash, size and the commit it belongs to. */
export async function headOf(
  url: string,
  what: string,
  access: Access,
): Promise<RemoteFile & { readonly commit: string | null }> {
  const response = await request(url, { ...access, method: 'HEAD', staysOnHost: true });
  const { headers, status } = response;
  if (status >= 400) throw failure(what, response, access.token !== undefined);
  const etag = headers.get('x-linked-etag') ?? headers.get('etag');
  const size = Number(headers.get('x-linked-size') ?? headers.get('content-length') ?? Number.NaN);
  if (etag === null || !Number.isSafeInteger(size)) {
    throw new HubError(
      `hub: ${what}: expected ETag and Content-Length, got none. Is the endpoint a hub, or a proxy between?`,
    );
  }
  const plain = etag.replace(/^W\//, '').replaceAll('"', '');
  return { what, url, etag: plain, size, commit: headers.get('x-repo-commit') };
}

/** Brings the file to `path`, unless it is there. Throws HubError for a wrong hash and what a hub refuses;
 *  a connection that stays broken is a HubError too, and the part that came is kept for the next time. */
export async function fetchFile(file: RemoteFile, path: string, transfer: Transfer): Promise<void> {
  if (await isWhole(path, file.size)) return;
  const partial = `${path}.incomplete`;
  await mkdir(dirname(path), { recursive: true });
  for (let attempt = 0; ; attempt++) {
    try {
      await append(file, partial, transfer);
      break;
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      if (attempt >= transfer.retries) throw broken(file, error, attempt + 1);
      await pause(transfer.retryMilliseconds * 2 ** attempt, transfer.signal);
    }
  }
  await verify(file, partial);
  await rename(partial, path);
}

function broken({ what }: RemoteFile, error: ConnectionError, attempts: number): HubError {
  return new HubError(
    `hub: ${what}: expected the whole file, got a broken connection ${attempts} times (${error.message}). ` +
      'Try again: it goes on where it stopped.',
    { cause: error },
  );
}

async function isWhole(path: string, size: number): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.size === size;
}

async function append(file: RemoteFile, partial: string, transfer: Transfer): Promise<void> {
  const out = await open(partial, 'a+');
  try {
    let done = (await out.stat()).size;
    if (done > file.size) await out.truncate((done = 0));
    if (done === file.size) return;
    const response = await ask(file, done, transfer);
    if (response.status === 200 && done > 0) await out.truncate((done = 0)); // no ranges there
    transfer.onBytes?.(done);
    for await (const chunk of chunksOf(response, transfer)) {
      await out.write(chunk);
      done += chunk.length;
      transfer.onBytes?.(done);
    }
    if (done < file.size) throw new ConnectionError(`ended after ${done} of ${file.size} bytes`);
    await out.sync();
  } finally {
    await out.close();
  }
}

async function ask(file: RemoteFile, from: number, transfer: Transfer): Promise<Response> {
  const headers: Record<string, string> = from > 0 ? { Range: `bytes=${from}-` } : {};
  const response = await request(file.url, { ...transfer, headers });
  const isPart = response.status === 206 && startOf(response) === from;
  if (response.status === 200 || isPart) return response;
  await response.body?.cancel();
  if (response.status === 206 || response.status === 416) return ask(file, 0, transfer);
  throw failure(file.what, response, transfer.token !== undefined);
}

/** `bytes 100-199/200` → 100 */
const startOf = (response: Response): number =>
  Number(/^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1] ?? Number.NaN);

/** The body's chunks; a ConnectionError where they end too early or stay away. */
async function* chunksOf(response: Response, transfer: Transfer): AsyncGenerator<Uint8Array> {
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  try {
    for (;;) {
      const { done, value } = await withinTime(reader.read(), transfer);
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

async function withinTime<T>(
  work: Promise<T>,
  { stallMilliseconds, signal }: Transfer,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const stalled = new Promise<never>((_, reject) => {
    const error = new ConnectionError(`nothing came for ${stallMilliseconds / 1000} s`);
    timer = setTimeout(() => reject(error), stallMilliseconds);
  });
  try {
    return await Promise.race([work, stalled]);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof ConnectionError) throw error;
    throw new ConnectionError(error instanceof Error ? error.message : String(error), {
      cause: error,
    });
  } finally {
    clearTimeout(timer);
  }
}

async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  signal?.throwIfAborted();
}

/** Removes what has the wrong contents: continuing it would never end well. */
async function verify({ what, etag, size }: RemoteFile, path: string): Promise<void> {
  const hash = hashFor(etag, size);
  if (hash === undefined) return;
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  const got = hash.digest('hex');
  if (got === etag) return;
  await rm(path, { force: true });
  throw new HubError(
    `hub: ${what}: expected contents with the hash ${etag}, got ${got}. They were removed; download again.`,
  );
}

/** Large files are named by their sha256, small ones by the sha1 that git gives them. */
function hashFor(etag: string, size: number): ReturnType<typeof createHash> | undefined {
  if (/^[0-9a-f]{64}$/.test(etag)) return createHash('sha256');
  return /^[0-9a-f]{40}$/.test(etag) ? createHash('sha1').update(`blob ${size}\0`) : undefined;
}
