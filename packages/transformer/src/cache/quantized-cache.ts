// A cache in 8 or 4 bits for each number: a quarter or a sixth of float32's memory. Keys and values are
// packed when they are written and unpacked, one layer at a time, when they are read, in JavaScript: each
// step costs a pass over what is held. A token's own keys and values are rounded as all others are.
import { ShapeError, tf, type Tensor } from '@llm/tensor';
import type { KvCacheShape } from './kv-cache.ts';
import type { CacheView, KeyValueCache } from './key-value-cache.ts';
import { PackedRows, type CacheBits } from './packed-rows.ts';
import { checkRows, isIdentity } from './select-rows.ts';

/** Numbers that share a scale: 32 neighbours within a head, or a whole head if 32 does not divide it. */
const groupOf = (headDim: number): number => (headDim % 32 === 0 ? 32 : headDim);

interface PackedLayer {
  readonly keys: PackedRows; // [B, Smax, K, D]
  readonly values: PackedRows;
}

export class QuantizedCache implements KeyValueCache {
  readonly maxLength: number;
  readonly #shape: KvCacheShape;
  readonly #bits: CacheBits;
  #batch: number;
  #layers: readonly PackedLayer[];
  #length = 0;

  /** @throws ShapeError for 4 bits with an odd head size */
  constructor(shape: KvCacheShape, bits: CacheBits) {
    if (bits === 4 && shape.headDim % 2 !== 0) {
      throw new ShapeError(
        `QuantizedCache: headDim: expected an even number for 4 bits, got ${shape.headDim}. Use 8 bits.`,
      );
    }
    this.#shape = shape;
    this.#bits = bits;
    this.maxLength = shape.maxLength;
    this.#batch = shape.batch;
    this.#layers = this.#newLayers(shape.batch);
  }

  get batch(): number {
    return this.#batch;
  }

  get length(): number {
    return this.#length;
  }

  /** Bytes of all layers. */
  get byteLength(): number {
    return this.#layers.reduce(
      (sum, { keys, values }) => sum + keys.byteLength + values.byteLength,
      0,
    );
  }

  extend(layer: number, keys: Tensor, values: Tensor, mask?: Tensor): CacheView {
    const packed = this.#layers[layer];
    if (packed === undefined) {
      throw new ShapeError(
        `QuantizedCache: expected a cache with this layer, got layer ${layer}. Is it of another model, or disposed?`,
      );
    }
    const keyLength = this.#length + keys.shape[1]!;
    return {
      keys: this.#through(packed.keys, keys, keyLength),
      values: this.#through(packed.values, values, keyLength),
      keyLength,
      mask,
    };
  }

  advance(tokens: number): void {
    this.#length += tokens;
  }

  truncate(length: number): void {
    if (!Number.isInteger(length) || length < 0 || length > this.#length) {
      throw new ShapeError(
        `QuantizedCache.truncate: length: expected an integer in [0, ${this.#length}], got ${length}. A cache only gets shorter.`,
      );
    }
    this.#length = length;
  }

  select(rows: readonly number[]): void {
    checkRows('QuantizedCache', rows, this.#batch);
    if (isIdentity(rows, this.#batch)) return;
    const layers = this.#newLayers(rows.length);
    const [perRow, filled] = [this.#perRow(), this.#length * this.#perPosition()];
    for (const [i, { keys, values }] of layers.entries()) {
      const old = this.#layers[i]!;
      for (const [to, from] of rows.entries()) {
        keys.copyFrom(old.keys, from * perRow, to * perRow, filled);
        values.copyFrom(old.values, from * perRow, to * perRow, filled);
      }
    }
    this.#layers = layers;
    this.#batch = rows.length;
  }

  dispose(): void {
    this.#layers = [];
  }

  /** Packs x [B, T, K, D] and unpacks everything up to it: [B, keyLength, K, D]. */
  #through(packed: PackedRows, x: Tensor, keyLength: number): Tensor {
    const [B, T, K, D] = x.shape as [number, number, number, number];
    const values = x.dataSync<'float32'>();
    const [perRow, perPosition] = [this.#perRow(), this.#perPosition()];
    const held = keyLength * perPosition;
    const all = new Float32Array(B * held);
    for (let b = 0; b < B; b++) {
      const added = values.subarray(b * T * perPosition, (b + 1) * T * perPosition);
      packed.write(added, b * perRow + this.#length * perPosition);
      packed.read(b * perRow, all.subarray(b * held, (b + 1) * held));
    }
    return tf.tensor4d(all, [B, keyLength, K, D]);
  }

  #newLayers(batch: number): PackedLayer[] {
    const size = batch * this.#perRow();
    const rows = (): PackedRows => new PackedRows(this.#bits, size, groupOf(this.#shape.headDim));
    return Array.from({ length: this.#shape.numLayers }, () => ({ keys: rows(), values: rows() }));
  }

  #perPosition(): number {
    return this.#shape.numKeyValueHeads * this.#shape.headDim;
  }

  #perRow(): number {
    return this.maxLength * this.#perPosition();
  }
}
