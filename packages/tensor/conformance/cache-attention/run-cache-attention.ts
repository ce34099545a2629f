// What every backend must do with caches in few bits and in blocks: the same as unpacking, putting side by side,
// and attending.
import { beforeAll, describe, expect, it } from 'vitest';
import {
  attention,
  cacheAttention,
  kernelStats,
  packRows,
  pagedCacheWrite,
  resetKernelStats,
  scope,
  tf,
  unpackRows,
  useBackend,
  type BackendName,
  type BackendOptions,
  type CacheAttentionOptions,
  type CacheBits,
  type Tensor,
} from '../../src/index.ts';
import { packRows as packComposite } from '../../src/kernels/packed-rows.ts';
import { hashed } from '../fused/hashed.ts';
import { distance } from '../fused/outcome.ts';

const ROUNDING = 1e-5; // two orders of summing up to 300 terms of size 1

const random = (seed: number, ...shape: number[]): Tensor =>
  tf.tensor(hashed(tf.util.sizeFromShape(shape), seed, 2), shape);

/** Decoding, a prompt, heads that are no whole vectors or whole groups, several chunks of keys. */
const SIZES = [
  { B: 2, T: 1, S: 70, K: 3, group: 3, D: 64 },
  { B: 2, T: 9, S: 40, K: 2, group: 2, D: 32 },
  { B: 1, T: 70, S: 75, K: 1, group: 2, D: 6 },
  { B: 1, T: 5, S: 290, K: 1, group: 1, D: 160 },
  { B: 1, T: 1, S: 1100, K: 1, group: 3, D: 64 },
];

export function runCacheAttention(backend: BackendName, options: BackendOptions = {}): void {
  const name = `${backend} ${options.instructionSet ?? ''}`;

  describe.each([8, 4] as const)(`rows of %i bits on ${name}`, (bits) => {
    beforeAll(() => useBackend(backend, options));

    it.each([64, 96, 6, 20])('of %i numbers have the bits of the composite', (columns) => {
      scope(() => {
        const x = random(1, 3, 5, columns);
        const attrs = { columns, bits };
        const inputs = { x };
        const expected = packComposite.kernelFunc({ inputs, attrs, backend: {} }) as Tensor;
        const packed = packRows(x, bits);
        expect(packed.shape).toEqual(expected.shape);
        expect(packed.dataSync()).toEqual(expected.dataSync());
      });
    });

    it('are wrong by at most the stated part of a group, and zeros stay zeros', () => {
      scope(() => {
        const x = tf.concat([random(2, 4, 32), tf.zeros([1, 32])], 0); // one group each
        const read = unpackRows(packRows(x, bits), 32, bits);
        const size =
          bits === 8
            ? tf.div(tf.max(tf.abs(x), 1, true), 254)
            : tf.div(tf.sub(tf.max(x, 1, true), tf.min(x, 1, true)), 30);
        const most = tf.max(tf.sub(tf.abs(tf.sub(read, x)), tf.mul(size, 1.001)));
        expect(most.dataSync()[0]).toBeLessThanOrEqual(0);
        expect(distance(read.dataSync(), x.dataSync())).toBeGreaterThan(0);
      });
    });
  });

  describe(`attention over caches on ${name}`, () => {
    beforeAll(() => useBackend(backend, options));

    describe.each([32, 8, 4] as const)('of %i bits', (bits) => {
      it.each(SIZES)('is attention over what they hold: %o', ({ B, T, S, K, group, D }) => {
        for (const own of [
          {},
          { keyLength: S - 3, window: 11, softcap: 1.5 },
          { isCausal: false, mask: true },
        ]) {
          scope(() => {
            const q = random(3, B, T, K * group, D);
            const [keys, values] = [4, 5].map((seed) => stored(random(seed, B, S, K, D), bits));
            const mask = tf.cast(tf.greater(random(6, B, S), -1), 'int32');
            const settings = { ...own, mask: 'mask' in own ? mask : undefined };
            const expected = attention(q, keys!.floats, values!.floats, settings);
            const got = cacheAttention(q, keys!.words, values!.words, { ...settings, bits });
            expect(distance(got.dataSync(), expected.dataSync())).toBeLessThan(ROUNDING);
          });
        }
      });

      it.each([1, 4])('reads blocks where they lie, for %i queries', (T) => {
        scope(() => {
          const [K, group, D, size] = [2, 3, 32, 16];
          const lengths = [37, 16, T]; // a part of a block, whole blocks, only the queries
          const table = [
            [4, 0, 2],
            [1, 7, 7],
            [6, 7, 7],
          ]; // 7: not read
          const q = random(7, 3, T, K * group, D);
          const [keys, values] = [8, 9].map((seed) =>
            stored(random(seed, 1, 8 * size, K, D), bits),
          );
          const blocks = {
            table: tf.tensor2d(table, [3, 3], 'int32'),
            lengths: tf.tensor1d(lengths, 'int32'),
            size,
          };
          const own: CacheAttentionOptions = { bits, blocks, window: 20 };
          const got = cacheAttention(q, keys!.words, values!.words, own);
          for (const [b, length] of lengths.entries()) {
            const ids = table[b]!.flatMap((block) =>
              Array.from({ length: size }, (_, i) => block * size + i),
            );
            const side = (pool: Tensor): Tensor =>
              tf.gather(pool, tf.tensor1d(ids.slice(0, length), 'int32'), 1);
            const query = tf.slice(q, [b, 0, 0, 0], [1, -1, -1, -1]);
            const expected = attention(query, side(keys!.floats), side(values!.floats), {
              window: 20,
            });
            const row = tf.slice(got, [b, 0, 0, 0], [1, -1, -1, -1]);
            expect(distance(row.dataSync(), expected.dataSync()), `item ${b}`).toBeLessThan(
              ROUNDING,
            );
          }
        });
      });
    });

    it('runs in C++ where that is the backend', () => {
      resetKernelStats();
      scope(() => {
        const words = packRows(random(1, 1, 3, 1, 32), 8);
        cacheAttention(random(2, 1, 1, 1, 32), words, words, { bits: 8 });
      });
      if (backend === 'native') expect(kernelStats().fallback).toEqual({});
    });

    it('writes the newest positions of texts into their blocks', () => {
      scope(() => {
        const cache = tf.clone(tf.fill([1, 12, 1, 2], 0, 'int32'));
        const x = tf.reshape(tf.range(1, 9, 1, 'int32'), [2, 2, 1, 2]);
        const table = tf.tensor2d(
          [
            [2, 0],
            [1, 0],
          ],
          [2, 2],
          'int32',
        );
        // Item 0: positions 3 and 4, the last of block 2 and the first of block 0; item 1: 0 and 1 of block 1.
        const blocks = { table, lengths: tf.tensor1d([5, 2], 'int32'), size: 4 };
        pagedCacheWrite(cache, x, blocks);
        const expected = new Int32Array(24);
        expected.set([3, 4], 2 * 0);
        expected.set([5, 6, 7, 8], 2 * 4);
        expected.set([1, 2], 2 * 11);
        expect(cache.dataSync()).toEqual(expected);
      });
    });

    it('refuses what does not fit', () => {
      scope(() => {
        const q = random(1, 1, 2, 2, 32);
        const k = random(2, 1, 4, 1, 32);
        const words = packRows(k, 8);
        expect(() => cacheAttention(q, words, words)).toThrow('k: expected float32');
        expect(() => cacheAttention(q, k, words)).toThrow('v: expected float32');
        expect(() => cacheAttention(q, words, words, { bits: 4 })).toThrow('k: expected');
        expect(() => packRows(random(3, 2, 5), 4)).toThrow('even number of columns');
        const blocks = {
          table: tf.tensor2d([[0]], [1, 1], 'int32'),
          lengths: tf.tensor1d([2], 'int32'),
          size: 4,
        };
        expect(() => cacheAttention(q, k, k, { blocks, keyLength: 2 })).toThrow('none with blocks');
      });
    });
  });
}

/** Numbers as a cache keeps them, and what they are then. */
function stored(x: Tensor, bits: CacheBits | 32): { words: Tensor; floats: Tensor } {
  if (bits === 32) return { words: x, floats: x };
  const words = packRows(x, bits);
  return { words, floats: unpackRows(words, x.shape[3]!, bits) };
}
