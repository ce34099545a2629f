import { describe, expect, it } from 'vitest';
import { BlockAllocator } from './block-allocator.ts';

const take = (allocator: BlockAllocator, count: number): number[] =>
  Array.from({ length: count }, () => allocator.allocate()!);

describe('BlockAllocator', () => {
  it('gives each block once, and again when it was released', () => {
    const allocator = new BlockAllocator(3, 2);
    const blocks = take(allocator, 3);
    expect(new Set(blocks).size).toBe(3);
    expect(allocator.allocate()).toBeUndefined();
    allocator.release(blocks[1]!);
    expect(allocator.allocate()).toBe(blocks[1]);
  });

  it('shares full blocks of texts that begin alike, but never the whole text', () => {
    const allocator = new BlockAllocator(8, 2);
    const text = [1, 2, 3, 4, 5];
    const blocks = take(allocator, 3);
    allocator.publish(text, blocks);
    expect(allocator.share([1, 2, 3, 4, 9])).toEqual(blocks.slice(0, 2));
    expect(allocator.share([1, 2, 3, 4])).toEqual(blocks.slice(0, 1)); // the last token must be read
    expect(allocator.share([1, 2, 9, 4, 5])).toEqual(blocks.slice(0, 1));
    expect(allocator.share([3, 4, 5])).toEqual([]); // the same tokens after others are others
  });

  it('frees a shared block with its last user, and finds it until its room is needed', () => {
    const allocator = new BlockAllocator(2, 2);
    const text = [1, 2, 3];
    const blocks = take(allocator, 2);
    allocator.publish(text, blocks);
    const [shared] = allocator.share(text);
    expect(shared).toBe(blocks[0]);
    for (const block of blocks) allocator.release(block);
    expect(allocator.free).toBe(1);
    allocator.release(shared!);
    expect(allocator.free).toBe(2);
    expect(allocator.share(text)).toEqual([blocks[0]]);
    allocator.release(blocks[0]!);
    expect(take(allocator, 2).sort()).toEqual([0, 1]);
    expect(allocator.share(text)).toEqual([]); // overwritten by now
  });

  it('shares among texts of one variant of the model only', () => {
    const allocator = new BlockAllocator(6, 2);
    const [plain, tuned] = [take(allocator, 2), take(allocator, 2)];
    allocator.publish([1, 2, 3, 4], plain);
    allocator.publish([1, 2, 3, 4], tuned, 'tuned');
    expect(allocator.share([1, 2, 5])).toEqual([plain[0]]);
    expect(allocator.share([1, 2, 5], 'tuned')).toEqual([tuned[0]]);
    expect(allocator.share([1, 2, 5], 'other')).toEqual([]);
  });

  it('keeps one block of two with the same beginning', () => {
    const allocator = new BlockAllocator(6, 2);
    const [a, b] = [take(allocator, 2), take(allocator, 2)];
    allocator.publish([1, 2, 3, 4], a);
    allocator.publish([1, 2, 5, 6], b);
    expect(allocator.share([1, 2, 5, 6, 7])).toEqual([a[0], b[1]]);
  });
});
