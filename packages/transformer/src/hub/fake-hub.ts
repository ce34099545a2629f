// For tests: a server on this machine that speaks the hub's HTTP, with a second one as its store of large
// files, and ways to misbehave.
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export const COMMIT = 'a'.repeat(40);

export interface FakeRepo {
  readonly files: Readonly<Record<string, Buffer>>;
  /** Kept in the store, as large files are: named by sha256 and redirected to. */
  readonly large?: readonly string[];
  /** Asks for this token. */
  readonly token?: string;
  readonly isGated?: boolean;
  /** The repository's new name, to which its old one redirects. */
  readonly movedTo?: string;
}

/** What goes wrong, and what was asked; changed by tests while it runs. */
export class Mischief {
  /** For a file's contents: breaks the connection after so many bytes, once for each entry. */
  readonly breaks: number[] = [];
  /** Stops sending after so many bytes, without ending. */
  stallAfter: number | undefined;
  ignoresRanges = false;
  /** Sends other contents than it announces. */
  corrupts = false;
  status: number | undefined;
  readonly requests: {
    method: string;
    url: string;
    range?: string;
    token?: string;
    host: 'hub' | 'store';
  }[] = [];
}

export interface FakeHub {
  readonly endpoint: string;
  readonly mischief: Mischief;
  close(): Promise<void>;
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
export const gitSha1 = (bytes: Buffer): string =>
  createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');

export async function startFakeHub(repos: Readonly<Record<string, FakeRepo>>): Promise<FakeHub> {
  const mischief = new Mischief();
  const blobs = new Map<string, Buffer>();
  const store = createServer((request, response) => {
    note(mischief, 'store', request);
    send(request, response, blobs.get(request.url!.slice(1))!, mischief);
  });
  const storeUrl = await listen(store);
  const hub = createServer((request, response) => {
    note(mischief, 'hub', request);
    answer(request, response, { repos, mischief, blobs, storeUrl });
  });
  const endpoint = await listen(hub);
  const close = async () => {
    for (const server of [hub, store]) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  };
  return { endpoint, mischief, close };
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function note(
  mischief: Mischief,
  host: 'hub' | 'store',
  { method, url, headers }: IncomingMessage,
): void {
  const { range, authorization: token } = headers;
  mischief.requests.push({
    method: method!,
    url: url!,
    host,
    ...(range && { range }),
    ...(token && { token }),
  });
}

interface World {
  readonly repos: Readonly<Record<string, FakeRepo>>;
  readonly mischief: Mischief;
  readonly blobs: Map<string, Buffer>;
  readonly storeUrl: string;
}

function answer(request: IncomingMessage, response: ServerResponse, world: World): void {
  const url = decodeURIComponent(request.url!);
  const [, repoName, rest] =
    /^\/api\/models\/(.+)\/revision\/(.+)$/.exec(url) ??
    /^\/([^/]+\/[^/]+)\/resolve\/(.+)$/.exec(url) ??
    [];
  const refuse = (status: number, code: string) =>
    response.writeHead(status, { 'X-Error-Code': code, 'X-Error-Message': `${code} it is` }).end();
  if (world.mischief.status !== undefined)
    return void response.writeHead(world.mischief.status).end();
  const repo = repoName === undefined ? undefined : world.repos[repoName];
  if (repo === undefined) return void refuse(401, 'RepoNotFound');
  if (repo.movedTo !== undefined) {
    const location = request.url!.replace(repoName!, repo.movedTo);
    return void response.writeHead(307, { location }).end();
  }
  const isKnown = request.headers.authorization === `Bearer ${repo.token}`;
  if (repo.isGated && !isKnown) return void refuse(403, 'GatedRepo');
  if (repo.token !== undefined && !isKnown) return void refuse(401, 'RepoNotFound');
  if (url.startsWith('/api/')) {
    if (rest !== 'main' && rest !== COMMIT) return void refuse(404, 'RevisionNotFound');
    const siblings = Object.keys(repo.files).map((rfilename) => ({ rfilename }));
    return void response.end(JSON.stringify({ sha: COMMIT, siblings }));
  }
  const name = rest!.slice(rest!.indexOf('/') + 1);
  const bytes = repo.files[name];
  if (bytes === undefined) return void refuse(404, 'EntryNotFound');
  response.setHeader('X-Repo-Commit', COMMIT);
  if (!repo.large?.includes(name)) {
    response.setHeader('ETag', `"${gitSha1(bytes)}"`);
    return send(request, response, bytes, world.mischief);
  }
  world.blobs.set(sha256(bytes), bytes);
  response.writeHead(302, {
    'X-Linked-Etag': `"${sha256(bytes)}"`,
    'X-Linked-Size': bytes.length,
    location: `${world.storeUrl}/${sha256(bytes)}`,
  });
  response.end();
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  whole: Buffer,
  mischief: Mischief,
): void {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const start = mischief.ignoresRanges ? 0 : from;
  const bytes = Buffer.from(whole.subarray(start));
  if (mischief.corrupts && bytes.length > 0) bytes[0] = bytes[0]! ^ 1;
  response.setHeader('Content-Length', bytes.length);
  if (start > 0) {
    response.statusCode = 206;
    response.setHeader('Content-Range', `bytes ${start}-${whole.length - 1}/${whole.length}`);
  }
  if (request.method === 'HEAD') return void response.end();
  const breakAfter = mischief.breaks.shift();
  if (breakAfter !== undefined) {
    response.write(bytes.subarray(0, breakAfter), () => setTimeout(() => response.destroy(), 20));
  } else if (mischief.stallAfter !== undefined) {
    response.write(bytes.subarray(0, mischief.stallAfter));
    mischief.stallAfter = undefined;
  } else {
    response.end(bytes);
  }
}
