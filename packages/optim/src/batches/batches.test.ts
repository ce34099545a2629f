import { Generator, tf, useBackend } from '@llm/tensor';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { mapBatches, packedBlocks, shuffledBatches, type PackedBatch } from '../index.ts';

beforeAll(() => useBackend('cpu'));

const rows = ({ inputIds, labels }: PackedBatch) => {
  const out = { inputIds: inputIds.arraySync(), labels: labels.arraySync() };
  tf.dispose([inputIds, labels]);
  return out;
};

describe('shuffledBatches', () => {
  it('gives every example once in each epoch, in another order', () => {
    const batches = shuffledBatches(7, 3, new Generator(1));
    const drawn = Array.from({ length: 7 }, () => [...batches.next()]).flat(); // 3 epochs of 7
    const epochs = [0, 7, 14].map((start) => drawn.slice(start, start + 7));
    for (const epoch of epochs) expect(epoch.toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(epochs[0]).not.toEqual(epochs[1]);
    expect(batches.epochs).toBe(3);
  });

  it('goes on from any state with the same batches', () => {
    const sizes = fc.tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 9 }));
    fc.assert(
      fc.property(sizes, fc.nat(30), fc.nat(1000), ([count, batchSize], before, seed) => {
        const first = shuffledBatches(count, batchSize, new Generator(seed));
        for (let i = 0; i < before; i++) first.next();
        const state: unknown = JSON.parse(JSON.stringify(first.getState()));
        const second = shuffledBatches(count, batchSize, new Generator(seed + 1));
        second.setState(state as never);
        for (let i = 0; i < 5; i++) expect(second.next()).toEqual(first.next());
      }),
      { numRuns: 60 },
    );
  });

  it('refuses a state of other data and impossible sizes', () => {
    const state = { seed: 1, epoch: 0, position: 9 };
    expect(() => shuffledBatches(5, 2, new Generator(1)).setState(state)).toThrow(
      'shuffledBatches: state: expected {seed, epoch, position ≤ 5}',
    );
    expect(() => shuffledBatches(0, 2, new Generator(1))).toThrow(
      'shuffledBatches: count: expected a positive integer, got 0.',
    );
  });
});

describe('mapBatches', () => {
  it('maps batches and keeps the state of its source', async () => {
    const source = shuffledBatches(4, 4, new Generator(3));
    const mapped = mapBatches(source, (indices) => indices.reduce((a, b) => a + b));
    expect(await mapped.next()).toBe(0 + 1 + 2 + 3);
    expect(mapped.getState()).toEqual(source.getState());
  });
});

describe('packedBlocks', () => {
  const stream = Int32Array.from({ length: 103 }, (_, i) => i);
  const options = { batchSize: 2, blockLength: 10 };

  it('gives blocks of the stream with labels one token ahead', () => {
    const { inputIds, labels } = rows(
      packedBlocks(stream, { ...options, generator: new Generator(1) }).next(),
    );
    expect(inputIds).toHaveLength(2);
    inputIds.forEach((row, b) => {
      const start = row[0]!;
      expect(row).toEqual(Array.from({ length: 10 }, (_, t) => start + t));
      expect(labels[b]).toEqual(row.map((id) => id + 1));
    });
  });

  it('cuts each epoch elsewhere, without overlap and within the stream', () => {
    const blocks = packedBlocks(stream, { ...options, batchSize: 3, generator: new Generator(4) });
    expect(blocks.blocksPerEpoch).toBe(9); // 10 whole blocks fit, one is left for the random offset
    const epochs = Array.from({ length: 4 }, () =>
      Array.from({ length: 3 }, () => rows(blocks.next()).inputIds.map((row) => row[0]!)).flat(),
    );
    const offsets = epochs.map((starts) => new Set(starts.map((start) => start % 10)));
    for (const starts of epochs) expect(new Set(starts).size).toBe(9);
    for (const offset of offsets) expect(offset.size).toBe(1);
    expect(new Set(offsets.map((offset) => [...offset][0])).size).toBeGreaterThan(1);
  });

  it('goes on from a state, also in a stream of one block', () => {
    for (const tokens of [stream, stream.subarray(0, 11)]) {
      const first = packedBlocks(tokens, { ...options, generator: new Generator(1) });
      for (let i = 0; i < 8; i++) rows(first.next());
      const second = packedBlocks(tokens, { ...options, generator: new Generator(2) });
      second.setState(JSON.parse(JSON.stringify(first.getState())) as never);
      for (let i = 0; i < 8; i++) expect(rows(second.next())).toEqual(rows(first.next()));
    }
  });

  it('refuses a stream that is too short, and a state of another stream', () => {
    const generator = new Generator(1);
    expect(() => packedBlocks([1, 2, 3], { ...options, generator })).toThrow(
      'packedBlocks: tokens: expected at least blockLength + 1 = 11 tokens, got 3.',
    );
    const other = packedBlocks(stream.subarray(1), { ...options, generator });
    expect(() =>
      packedBlocks(stream, { ...options, generator }).setState(other.getState()),
    ).toThrow('expected a stream of 102 tokens, got 103');
  });
});
