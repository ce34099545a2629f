// How workers find each other: rank 0 listens at an address that all know; the others connect to it, say where they
// listen themselves, get the list of all, and connect to each other: one link for each pair.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigError, DistributedError } from '../errors.ts';
import { Door, type Greeted, type Place } from './door.ts';
import { Group } from './group.ts';
import { greet, PROTOCOL, writeLine } from './handshake.ts';

export interface JoinOptions {
  /** This worker's number, from 0. */
  readonly rank: number;
  /** Workers in all. */
  readonly size: number;
  /** Where rank 0 listens: `host:port`, or the path of a Unix socket (it begins with a slash). */
  readonly address: string;
  /** The same secret for all workers of a run, at least 16 characters; see makeToken. */
  readonly token: string;
  /** For finding each other. @default 60 */
  readonly joinSeconds?: number;
  /** Longest wait for another worker in an operation: more than the slowest step takes. @default 600 */
  readonly timeoutSeconds?: number;
}

/**
 * Joins the group of workers; resolves when all are there and connected.
 * @throws ConfigError, DistributedError (nobody there in time, another token, a rank taken twice)
 */
export async function joinGroup(options: JoinOptions): Promise<Group> {
  const { rank, size } = options;
  const { address, token } = options;
  checkOptions(options);
  const groupOptions = { rank, size, timeoutSeconds: options.timeoutSeconds ?? 600 };
  if (size === 1) return new Group(groupOptions, []);
  const deadline = Date.now() + 1000 * (options.joinSeconds ?? 60);
  const door = await Door.open(
    rank === 0 ? placeOf(address) : ownPlace(address, rank),
    rank === 0 ? address : undefined,
  );
  const found = new Map<number, Greeted>();
  try {
    await withDeadline(deadline, { rank, size, address, found }, async () => {
      if (rank === 0) await gather(door, { size, token }, found);
      else await meet(door, { rank, size, token, address, deadline }, found);
    });
  } catch (error) {
    for (const { socket } of found.values()) socket.destroy();
    throw error;
  } finally {
    door.close();
  }
  const links = Array.from(found, ([peerRank, { socket, lines }]) => ({
    socket,
    peerRank,
    early: lines.rest(),
  }));
  return new Group(groupOptions, links);
}

/** Rank 0: waits for everybody, then tells everybody where the others are. */
async function gather(
  door: Door,
  { size, token }: { size: number; token: string },
  found: Map<number, Greeted>,
): Promise<void> {
  const places = new Map<number, { host: string | undefined; listening: number | string }>();
  await door.admit(token, size - 1, {
    accept: (hello) => {
      if (hello.size !== size) {
        return `joinGroup: size: expected ${size} workers as rank 0, got ${hello.size} at rank ${hello.rank}.`;
      }
      if (!(hello.rank > 0 && hello.rank < size)) {
        return `joinGroup: rank: expected 1 to ${size - 1}, got ${hello.rank}.`;
      }
      return found.has(hello.rank)
        ? `joinGroup: rank: expected each once, got ${hello.rank} twice.`
        : undefined;
    },
    enter: (hello, greeted) => {
      found.set(hello.rank, greeted);
      places.set(hello.rank, { host: greeted.socket.remoteAddress, listening: hello.listening });
    },
  });
  for (const { socket } of found.values()) writeLine(socket, { places: [...places] });
}

/** The others: meet rank 0, connect to those below, wait for those above. */
async function meet(
  door: Door,
  {
    rank,
    size,
    token,
    address,
    deadline,
  }: { rank: number; size: number; token: string; address: string; deadline: number },
  found: Map<number, Greeted>,
): Promise<void> {
  const hello = { protocol: PROTOCOL, rank, size, listening: door.listening };
  const first = await reach(placeOf(address), deadline);
  const lines = await greet(first, token, hello).catch(hangUp(first));
  found.set(0, { socket: first, lines });
  const { places } = (await lines.next()) as {
    places: [number, { host: string | undefined; listening: number | string }][];
  };
  const fromAbove = door.admit(token, size - 1 - rank, {
    accept: (other) =>
      other.rank > rank && other.rank < size && other.size === size && !found.has(other.rank)
        ? undefined
        : `joinGroup: rank: expected one above ${rank}, got ${other.rank}.`,
    enter: (other, greeted) => void found.set(other.rank, greeted),
  });
  fromAbove.catch(() => undefined); // awaited below
  for (const [other, { host, listening }] of places) {
    if (other >= rank) continue;
    // What rank 0 sees as its own machine is, seen from another one, rank 0's.
    const place =
      typeof listening === 'string'
        ? { path: listening }
        : { port: listening, host: isLoopback(host) ? (first.remoteAddress ?? '') : host! };
    const socket = await reach(place, deadline);
    found.set(other, { socket, lines: await greet(socket, token, hello).catch(hangUp(socket)) });
  }
  await fromAbove;
}

/** Connects, again and again until the deadline: the other may not listen yet. */
async function reach(place: Place, deadline: number): Promise<Socket> {
  for (;;) {
    const socket = connect(place);
    try {
      await once(socket, 'connect');
      socket.on('error', () => undefined); // whoever uses it hears of it, too
      return socket;
    } catch (error) {
      socket.destroy();
      if (Date.now() > deadline) throw error;
      await sleep(50);
    }
  }
}

async function withDeadline(
  deadline: number,
  about: { rank: number; size: number; address: string; found: ReadonlyMap<number, unknown> },
  work: () => Promise<void>,
): Promise<void> {
  const { rank, size, address, found } = about;
  const timeout = new AbortController();
  const late = sleep(Math.max(0, deadline - Date.now()), undefined, {
    signal: timeout.signal,
  }).then(() => {
    const missing = Array.from({ length: size }, (_, other) => other).filter(
      (other) => other !== rank && !found.has(other),
    );
    throw new DistributedError(
      `joinGroup: expected ${size} workers at ${address} in time, but rank ${missing.join(', ')} did not come ` +
        `to rank ${rank}. Start all workers with the same address, size and token; look for a firewall.`,
    );
  });
  try {
    await Promise.race([work(), late]);
  } finally {
    timeout.abort();
    late.catch(() => undefined);
  }
}

function hangUp(socket: Socket) {
  return (error: unknown): never => {
    socket.destroy();
    throw error;
  };
}

function isLoopback(host: string | undefined): boolean {
  return host === undefined || host === '::1' || /^(::ffff:)?127\./.test(host);
}

function placeOf(address: string): Place {
  if (address.startsWith('/') || address.startsWith('\\\\')) return { path: address };
  const at = address.lastIndexOf(':');
  return {
    host: address.slice(0, at).replace(/^\[|\]$/g, ''),
    port: Number(address.slice(at + 1)),
  };
}

/** Where a worker other than 0 listens: a free port on every interface (of loopback, on loopback), or a path of its own. */
function ownPlace(address: string, rank: number): Place {
  const place = placeOf(address);
  if ('path' in place) return { path: `${place.path}.${rank}` };
  return isLoopback(place.host) || place.host === 'localhost'
    ? { host: place.host, port: 0 }
    : { host: '::', port: 0 };
}

function checkOptions({ rank, size, address, token, ...seconds }: JoinOptions): void {
  const whole = (value: number) => Number.isSafeInteger(value);
  if (!whole(size) || size < 1) {
    throw new ConfigError(`joinGroup: size: expected a positive integer, got ${size}.`);
  }
  if (!whole(rank) || rank < 0 || rank >= size) {
    throw new ConfigError(
      `joinGroup: rank: expected an integer from 0 to ${size - 1}, got ${rank}.`,
    );
  }
  if (token.length < 16) {
    throw new ConfigError(
      `joinGroup: token: expected at least 16 characters, got ${token.length}. Take one from makeToken().`,
    );
  }
  const place = placeOf(address);
  const isFine =
    'path' in place ||
    (place.host !== '' && whole(place.port) && place.port > 0 && place.port < 65536);
  if (!isFine) {
    throw new ConfigError(
      `joinGroup: address: expected host:port or the path of a socket, got ${address}.`,
    );
  }
  for (const [name, value] of Object.entries(seconds)) {
    if (value === undefined || value > 0) continue;
    throw new ConfigError(`joinGroup: ${name}: expected a number > 0, got ${value}.`);
  }
}
