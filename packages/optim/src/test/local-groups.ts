// For tests: several workers of one group within this process, over real sockets.

import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { joinGroup, makeToken, type Group, type JoinOptions } from '../distributed/index.ts';

/** Runs `work` as each of `size` workers at once; closes the groups. Rejects with the first error after all ended. */
export async function asWorkers<T>(
  size: number,
  work: (group: Group) => Promise<T>,
  options: Partial<JoinOptions> = {},
): Promise<T[]> {
  const results = await Promise.allSettled(await startWorkers(size, work, options));
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason as Error;
    return result.value;
  });
}

/** The same, each worker's result or error by itself. */
export async function startWorkers<T>(
  size: number,
  work: (group: Group) => Promise<T>,
  options: Partial<JoinOptions> = {},
): Promise<Promise<T>[]> {
  const folder = await mkdtemp(join(tmpdir(), 'group-'));
  const address = process.platform === 'win32' ? await freeAddress() : join(folder, 'door');
  const token = makeToken();
  const workers = Array.from({ length: size }, async (_, rank) => {
    const group = await joinGroup({ rank, size, address, token, joinSeconds: 10, ...options });
    try {
      return await work(group);
    } finally {
      await group.close();
    }
  });
  void Promise.allSettled(workers).then(() => rm(folder, { recursive: true, force: true }));
  return workers;
}

/** host:port on this machine that nobody uses. */
export async function freeAddress(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address === 'object' && address) return `127.0.0.1:${address.port}`;
  throw new Error('no port');
}
