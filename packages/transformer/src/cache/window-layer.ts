// One layer that sees a window of the last positions keeps no more than those and some slack. The columns
// stay in order; when the buffer is full, the last ones move to its beginning.
import { kvCacheWrite, scope, ShapeError, tf, type Tensor } from '@llm/tensor';
import type { CacheView } from './key-value-cache.ts';
import { selectRows } from './select-rows.ts';

/** Positions behind the window that stay, so that the last few tokens can be taken back. */
const SPARE = 16;
/** Tokens written between two moves. */
const MAX_SLACK = 256;

/** Positions that a layer with this window keeps at most. */
export const windowCapacity = (window: number): number =>
  window + SPARE + Math.min(window, MAX_SLACK);

export class WindowLayer {
  readonly #window: number;
  readonly #capacity: number;
  #keys: Tensor; // [B, capacity, K, D]
  #values: Tensor;
  /** Position of column 0. */
  #start = 0;
  /** Positions written, those that were dropped included. */
  #length = 0;

  constructor(
    window: number,
    sizes: {
      readonly batch: number;
      readonly maxLength: number;
      readonly K: number;
      readonly D: number;
    },
  ) {
    const { batch, maxLength, K, D } = sizes;
    this.#window = window;
    this.#capacity = Math.min(maxLength, windowCapacity(window));
    const buffer = (): Tensor => tf.keep(tf.fill([batch, this.#capacity, K, D], 0));
    this.#keys = buffer();
    this.#values = buffer();
  }

  /** Positions that there is room for. */
  get capacity(): number {
    return this.#capacity;
  }

  /** @param mask [B, columns from position 0] */
  extend(keys: Tensor, values: Tensor, mask?: Tensor): CacheView {
    const T = keys.shape[1]!;
    const held = this.#length - this.#start;
    if (held + T <= this.#capacity) return this.#append(keys, values, mask);
    const kept = Math.min(held, this.#window - 1 + SPARE);
    if (kept + T <= this.#capacity) {
      this.#dropTo(kept);
      return this.#append(keys, values, mask);
    }
    return this.#replace(keys, values, { kept, mask });
  }

  truncate(length: number): void {
    const lost = this.#start > 0 && length - this.#start < Math.min(length, this.#window - 1);
    if (length < this.#start || lost) {
      throw new ShapeError(
        `SlidingCache.truncate: length: expected at most ${SPARE} positions fewer than ${this.#length}, got ${length}. Use a full cache to go back farther.`,
      );
    }
    this.#length = length;
  }

  select(rows: readonly number[]): void {
    const held = this.#length - this.#start;
    this.#keys = selectRows(this.#keys, rows, held);
    this.#values = selectRows(this.#values, rows, held);
  }

  dispose(): void {
    tf.dispose([this.#keys, this.#values]);
  }

  #append(keys: Tensor, values: Tensor, mask?: Tensor): CacheView {
    const held = this.#length - this.#start;
    kvCacheWrite(this.#keys, keys, held);
    kvCacheWrite(this.#values, values, held);
    const keyLength = held + keys.shape[1]!;
    this.#length += keys.shape[1]!;
    return {
      keys: this.#keys,
      values: this.#values,
      keyLength,
      mask: this.#maskOf(mask, keyLength),
    };
  }

  /** More new tokens than there is room for: they are seen whole, and only their end is kept. */
  #replace(
    keys: Tensor,
    values: Tensor,
    { kept, mask }: { readonly kept: number; readonly mask?: Tensor },
  ): CacheView {
    const held = this.#length - this.#start;
    const join = (buffer: Tensor, added: Tensor): Tensor =>
      kept === 0 ? added : tf.concat([columns(buffer, held - kept, kept), added], 1);
    const [allKeys, allValues] = [join(this.#keys, keys), join(this.#values, values)];
    const keyLength = allKeys.shape[1]!;
    const start = this.#length - kept;
    this.#length += keys.shape[1]!;
    const last = Math.min(keyLength, this.#window - 1 + SPARE);
    scope(() => {
      kvCacheWrite(this.#keys, columns(allKeys, keyLength - last, last), 0);
      kvCacheWrite(this.#values, columns(allValues, keyLength - last, last), 0);
    });
    this.#start = start;
    const seenMask = this.#maskOf(mask, keyLength);
    this.#start = this.#length - last;
    return { keys: allKeys, values: allValues, keyLength, mask: seenMask };
  }

  #dropTo(kept: number): void {
    const held = this.#length - this.#start;
    scope(() => {
      for (const buffer of [this.#keys, this.#values])
        kvCacheWrite(buffer, columns(buffer, held - kept, kept), 0);
    });
    this.#start = this.#length - kept;
  }

  /** The columns of the mask from `#start` on. */
  #maskOf(mask: Tensor | undefined, keyLength: number): Tensor | undefined {
    if (mask === undefined || this.#start === 0) return mask;
    return tf.slice(mask, [0, this.#start], [mask.shape[0]!, keyLength]);
  }
}

const columns = (buffer: Tensor, from: number, count: number): Tensor =>
  tf.slice(buffer, [0, from, 0, 0], [buffer.shape[0]!, count, buffer.shape[2]!, buffer.shape[3]!]);
