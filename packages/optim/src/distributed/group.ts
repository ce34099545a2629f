// Collective operations of workers that all call the same ones in the same order. Sums are taken in the order of
// ranks, never in the order of arrival, so that every run gives the same bits. Each operation goes straight between
// the workers concerned (a mesh): reduceScatter and allGather move (N−1)/N of the array each way, as a ring would.

import type { Socket } from 'node:net';
import { DistributedError } from '../errors.ts';
import { parseNumbers, stringifyNumbers, type Plain } from './plain.ts';
import { Link } from './link.ts';

export interface GroupOptions {
  readonly rank: number;
  readonly size: number;
  readonly timeoutSeconds: number;
}

/** Their places are part of a message's tag. */
const OPERATIONS = [
  'barrier',
  'allGatherJson',
  'broadcastJson',
  'broadcast',
  'allToAll',
  'allGather',
] as const;
type Operation = (typeof OPERATIONS)[number];

/** Float32 numbers; parts of one array are views of it. */
type Numbers = Float32Array;

export class Group {
  readonly rank: number;
  readonly size: number;
  readonly #timeoutMs: number;
  /** By rank; none to itself. */
  readonly #links: ReadonlyMap<number, Link>;
  #operation = 0;
  #failure: DistributedError | undefined;
  #fail: (error: DistributedError) => void = () => undefined;
  #failed: Promise<never>;
  #isClosed = false;
  /** Bytes sent so far, headers aside. */
  bytesSent = 0;

  constructor(
    options: GroupOptions,
    connections: readonly { socket: Socket; peerRank: number; early: Uint8Array }[],
  ) {
    this.rank = options.rank;
    this.size = options.size;
    this.#timeoutMs = options.timeoutSeconds * 1000;
    this.#failed = new Promise<never>((_, reject) => (this.#fail = reject));
    this.#failed.catch(() => undefined); // heard by the next operation
    const onFailure = (error: DistributedError) => this.abort(error);
    const links = connections.map(
      (connection) => [connection.peerRank, new Link({ ...connection, onFailure })] as const,
    );
    this.#links = new Map(links);
  }

  /** Returns when every worker has called it. */
  async barrier(): Promise<void> {
    await this.allGatherJson(null, 'barrier');
  }

  /** Every worker's value, by rank. Small things: it goes to everybody as text. */
  async allGatherJson<T extends Plain>(value: T, name: Operation = 'allGatherJson'): Promise<T[]> {
    const text = new TextEncoder().encode(stringifyNumbers(value));
    const texts = await this.#exchange(name, () => text);
    return texts.map((bytes, rank) =>
      rank === this.rank ? value : (parseNumbers(new TextDecoder().decode(bytes)) as T),
    );
  }

  /** The root's value, for all. */
  async broadcastJson<T extends Plain>(value: T, root = 0): Promise<T> {
    this.#checkRank('broadcastJson', root);
    const bytes = new TextEncoder().encode(stringifyNumbers(value));
    const got = await this.#fromRoot('broadcastJson', bytes, root);
    return root === this.rank ? value : (parseNumbers(new TextDecoder().decode(got)) as T);
  }

  /** Copies the root's numbers into everybody's `array`, in place; all have its length. */
  async broadcast(array: Numbers, root = 0): Promise<void> {
    this.#checkRank('broadcast', root);
    const got = await this.#fromRoot('broadcast', bytesOf(array), root);
    if (root !== this.rank) array.set(this.#numbers('broadcast', got, array.length, root));
  }

  /**
   * Sends `parts[r]` to each rank r and returns what each rank sent here, by rank; this worker's own part is passed
   * on as it is. Lengths may differ, and nothing is sent of an `undefined` part, which the other side must know.
   * @param expected length of what each rank sends here; undefined for nothing
   */
  async allToAll(
    parts: readonly (Numbers | undefined)[],
    expected: readonly (number | undefined)[],
  ): Promise<(Numbers | undefined)[]> {
    const got = await this.#exchange(
      'allToAll',
      (rank) => (parts[rank] ? bytesOf(parts[rank]) : undefined),
      (rank) => expected[rank] !== undefined,
    );
    return got.map((bytes, rank) => {
      if (rank === this.rank) return parts[rank];
      return bytes && this.#numbers('allToAll', bytes, expected[rank]!, rank);
    });
  }

  /** Everybody's numbers, by rank; lengths may differ. */
  async allGather(array: Numbers): Promise<Numbers[]> {
    const got = await this.#exchange('allGather', () => bytesOf(array));
    return got.map((bytes, rank) =>
      rank === this.rank ? array : this.#numbers('allGather', bytes, bytes!.length / 4, rank),
    );
  }

  /**
   * The sum over workers of part `rank` of their arrays, ((a₀ + a₁) + a₂) + … in float32.
   * @param array of the same length everywhere, cut into `size` parts as `partOf` says
   * @returns a new array: this worker's part
   */
  async reduceScatter(array: Numbers): Promise<Numbers> {
    const parts = Array.from({ length: this.size }, (_, rank) => partOf(array, rank, this.size));
    const own = parts[this.rank]!.length;
    const got = await this.allToAll(parts, new Array<number>(this.size).fill(own));
    const sum = got[0]!.slice();
    for (const term of got.slice(1)) for (let i = 0; i < own; i++) sum[i]! += term![i]!;
    return sum;
  }

  /** Replaces the numbers in `array` by their sums over all workers, in place: the same bits everywhere. */
  async allReduce(array: Numbers): Promise<void> {
    const own = await this.reduceScatter(array);
    const parts = await this.allGather(own);
    parts.forEach((part, rank) => partOf(array, rank, this.size).set(part));
  }

  /** Gives up: this worker's and, as soon as they hear of it, all others' operations fail with this error. */
  abort(error: Error): void {
    if (this.#failure || this.#isClosed) return;
    const isHeard = error instanceof DistributedError;
    this.#failure = isHeard
      ? error
      : new DistributedError(`rank ${this.rank} failed: ${error.message}`);
    for (const link of this.#links.values()) link.abort(this.#failure.message);
    this.#fail(this.#failure);
  }

  /** Leaves the group. Nobody may need this worker any more: call `barrier` first. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await Promise.all(Array.from(this.#links.values(), (link) => link.close()));
  }

  /** Sends to and receives from every other worker at once. The own place is what would be sent to itself. */
  async #exchange(
    name: Operation,
    outgoing: (rank: number) => Uint8Array | undefined,
    expects: (rank: number) => boolean = () => true,
  ): Promise<(Uint8Array | undefined)[]> {
    return this.#run(name, async (tag) => {
      const got = Array.from({ length: this.size }, async (_, rank) => {
        if (rank === this.rank) return outgoing(rank);
        const payload = outgoing(rank);
        const [, frame] = await Promise.all([
          payload && this.#send(rank, tag, payload),
          expects(rank) ? this.#receive(rank, tag, name) : undefined,
        ]);
        return frame;
      });
      return Promise.all(got);
    });
  }

  async #fromRoot(name: Operation, payload: Uint8Array, root: number): Promise<Uint8Array> {
    return this.#run(name, async (tag) => {
      if (root !== this.rank) return this.#receive(root, tag, name);
      const others = [...this.#links.keys()];
      await Promise.all(others.map((rank) => this.#send(rank, tag, payload)));
      return payload;
    });
  }

  /** One operation: numbered, and ended by the first failure or by the timeout. */
  async #run<T>(name: Operation, work: (tag: number) => Promise<T>): Promise<T> {
    if (this.#failure) throw this.#failure;
    if (this.#isClosed)
      throw new DistributedError(`${name}: expected an open group, got a closed one.`);
    this.#operation = (this.#operation + 1) % 2 ** 24;
    const tag = OPERATIONS.indexOf(name) * 2 ** 24 + this.#operation;
    const pending = work(tag);
    pending.catch(() => undefined); // the race may be lost
    const late = setTimeout(() => this.abort(this.#late(name)), this.#timeoutMs);
    try {
      return await Promise.race([pending, this.#failed]);
    } catch (error) {
      this.abort(error as Error);
      throw this.#failure ?? error;
    } finally {
      clearTimeout(late);
    }
  }

  async #send(rank: number, tag: number, payload: Uint8Array): Promise<void> {
    this.bytesSent += payload.length;
    await this.#links.get(rank)!.send(tag, payload);
  }

  async #receive(rank: number, tag: number, name: Operation): Promise<Uint8Array> {
    const frame = await this.#links.get(rank)!.receive();
    if (frame.tag === tag) return frame.payload;
    throw new DistributedError(
      `${name}: expected rank ${rank} to do ${shown(tag)}, too, but it did ${shown(frame.tag)}. ` +
        'All workers must call the same operations in the same order.',
    );
  }

  #numbers(name: string, bytes: Uint8Array | undefined, length: number, rank: number): Numbers {
    if (bytes?.length === 4 * length)
      return new Float32Array(bytes.buffer, bytes.byteOffset, length);
    throw new DistributedError(
      `${name}: array: expected ${length} numbers from rank ${rank}, got ${(bytes?.length ?? 0) / 4}. ` +
        'Give arrays of the same length everywhere.',
    );
  }

  #late(name: string): DistributedError {
    return new DistributedError(
      `${name}: expected all ${this.size} workers to take part within ${this.#timeoutMs / 1000} s, but rank ` +
        `${this.rank} waited in vain. One is stuck, or slower than timeoutSeconds allows.`,
    );
  }

  #checkRank(name: string, root: number): void {
    if (Number.isSafeInteger(root) && root >= 0 && root < this.size) return;
    throw new DistributedError(`${name}: root: expected 0 to ${this.size - 1}, got ${root}.`);
  }
}

/** `allGather (operation 12)` */
function shown(tag: number): string {
  return `${OPERATIONS[Math.floor(tag / 2 ** 24)] ?? 'something'} (operation ${tag % 2 ** 24})`;
}

/** Part `rank` of `size` parts as equal as can be, a view: the first ones are longer by one. */
export function partOf(array: Numbers, rank: number, size: number): Numbers {
  const [whole, rest] = [Math.floor(array.length / size), array.length % size];
  const start = rank * whole + Math.min(rank, rest);
  return array.subarray(start, start + whole + (rank < rest ? 1 : 0));
}

/** A view. Every processor that Node runs our engines on is little endian. */
function bytesOf(array: Numbers): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
