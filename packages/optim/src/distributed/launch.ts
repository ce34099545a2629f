// Starts the workers of this machine: the same program several times, each told by its environment who it is. No
// worker outlives the launcher or the failure of another one.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, DistributedError } from '../errors.ts';
import type { Group } from './group.ts';
import { makeToken } from './handshake.ts';
import { joinGroup, type JoinOptions } from './join.ts';

/** What a worker's environment says: the options of joinGroup. */
const VARIABLE = 'LLM_WORKER';

/** How long the others may take to end by themselves after one has failed. */
const GRACE_MS = 5000;

export interface LaunchOptions {
  /** Workers on this machine. */
  readonly workers: number;
  /** The program and its arguments, as `process.argv.slice(1)` has them. */
  readonly argv: readonly string[];
  /** Machines in all, each with as many workers. @default 1 */
  readonly nodes?: number;
  /** Which of them this one is, from 0. @default 0 */
  readonly node?: number;
  /** `host:port` of machine 0; needed with several machines. @default a Unix socket of its own */
  readonly address?: string;
  /** The same on all machines; needed with several. @default a random one */
  readonly token?: string;
  /** Longest wait of workers for each other. */
  readonly timeoutSeconds?: number;
  /** More environment of the workers. */
  readonly env?: Readonly<Record<string, string>>;
  /** Ends the workers. */
  readonly signal?: AbortSignal;
}

/** Runs the workers to their end. Their output is this process's. @throws DistributedError when one fails */
export async function launchWorkers(options: LaunchOptions): Promise<void> {
  const { workers, nodes = 1, node = 0 } = options;
  checkOptions(options);
  const folder = await mkdtemp(join(tmpdir(), 'llm-workers-'));
  const { address = join(folder, 'door'), token = makeToken(), timeoutSeconds } = options;
  const children: ChildProcess[] = [];
  const kill = () => children.forEach((child) => child.kill('SIGKILL'));
  process.once('exit', kill);
  try {
    for (let i = 0; i < workers; i++) {
      const own = { rank: node * workers + i, size: nodes * workers, address, token };
      children.push(start(options, { ...own, ...(timeoutSeconds && { timeoutSeconds }) }));
    }
    await allEnd(children, node * workers, options.signal);
  } finally {
    kill();
    process.off('exit', kill);
    await rm(folder, { recursive: true, force: true });
  }
}

/** Whether this process is a worker that `launchWorkers` started. */
export function isWorker(): boolean {
  return process.env[VARIABLE] !== undefined;
}

/** In a worker that `launchWorkers` started: joins the group it belongs to. Ends the process when the launcher ends. */
export async function joinLaunched(): Promise<Group> {
  const text = process.env[VARIABLE];
  if (text === undefined) {
    throw new ConfigError(
      `joinLaunched: ${VARIABLE}: expected it in the environment, got none. Start workers with launchWorkers.`,
    );
  }
  // The launcher holds the other end of standard input and never writes: its end is the launcher's.
  process.stdin.on('close', () => process.exit(1)).resume();
  (process.stdin as { unref?: () => void }).unref?.();
  return joinGroup(JSON.parse(text) as JoinOptions);
}

/** Threads for each of so many workers on this machine. */
export function threadsPerWorker(workers: number): number {
  return Math.max(1, Math.floor(availableParallelism() / workers));
}

function start({ argv, env }: LaunchOptions, worker: JoinOptions): ChildProcess {
  return spawn(process.execPath, [...process.execArgv, ...argv], {
    stdio: ['pipe', 'inherit', 'inherit'],
    env: { ...process.env, ...env, [VARIABLE]: JSON.stringify(worker) },
  });
}

/** Waits for all; when one fails, the others get a while to say why and are ended. */
async function allEnd(
  children: readonly ChildProcess[],
  firstRank: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const failures: string[] = [];
  const ended = children.map(async (child, i) => {
    const [code, by] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    if (code === 0) return;
    failures.push(`rank ${firstRank + i} ended with ${by ?? `exit code ${code}`}`);
    setTimeout(() => children.forEach((other) => other.kill('SIGKILL')), GRACE_MS).unref();
  });
  const interrupt = () => children.forEach((child) => child.kill('SIGINT'));
  signal?.addEventListener('abort', interrupt);
  try {
    await Promise.all(ended);
  } finally {
    signal?.removeEventListener('abort', interrupt);
  }
  if (failures.length === 0) return;
  throw new DistributedError(
    `launchWorkers: expected all ${children.length} workers to finish, but ${failures[0]}` +
      `${failures.length > 1 ? `, then ${failures.length - 1} more` : ''}. See the messages above.`,
  );
}

function checkOptions({ workers, nodes = 1, node = 0, address, token }: LaunchOptions): void {
  const whole = { workers, nodes };
  for (const [name, value] of Object.entries(whole)) {
    if (Number.isSafeInteger(value) && value > 0) continue;
    throw new ConfigError(`launchWorkers: ${name}: expected a positive integer, got ${value}.`);
  }
  if (!Number.isSafeInteger(node) || node < 0 || node >= nodes) {
    throw new ConfigError(
      `launchWorkers: node: expected an integer from 0 to ${nodes - 1}, got ${node}.`,
    );
  }
  if (nodes > 1 && (address === undefined || token === undefined)) {
    throw new ConfigError(
      'launchWorkers: nodes: expected address and token with several machines, got none. ' +
        'Give all of them the host:port of machine 0 and the same secret.',
    );
  }
}
