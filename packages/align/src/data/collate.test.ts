import { describe, expect, it } from 'vitest';
import { collate, collatePairs, collatePrompts } from './collate.ts';

const row = (inputIds: number[], completionMask: number[]) => ({ inputIds, completionMask });

describe('collate', () => {
  const rows = [row([5, 6, 7], [0, 1, 1]), row([8, 9], [0, 1])];

  it('pads to the right and labels only the completion', () => {
    const batch = collate(rows, { padTokenId: 3 });
    expect(batch).toMatchObject({ batchSize: 2, length: 3 });
    expect([...batch.inputIds]).toEqual([5, 6, 7, 8, 9, 3]);
    expect([...batch.attentionMask]).toEqual([1, 1, 1, 1, 1, 0]);
    expect([...batch.completionMask]).toEqual([0, 1, 1, 0, 1, 0]);
    expect([...batch.labels]).toEqual([-100, 6, 7, -100, 9, -100]);
  });

  it('pads to the left', () => {
    const batch = collate(rows, { padTokenId: 3, paddingSide: 'left' });
    expect([...batch.inputIds]).toEqual([5, 6, 7, 3, 8, 9]);
    expect([...batch.attentionMask]).toEqual([1, 1, 1, 0, 1, 1]);
    expect([...batch.labels]).toEqual([-100, 6, 7, -100, -100, 9]);
  });

  it('rounds the length up', () => {
    expect(collate(rows, { padToMultipleOf: 8 }).length).toBe(8);
  });

  it('refuses no rows and empty rows', () => {
    expect(() => collate([])).toThrow('collate: rows: expected at least one row, got 0.');
    expect(() => collate([rows[0]!, row([], [])])).toThrow(
      'collate: row 1: expected at least one token',
    );
  });
});

describe('collatePairs', () => {
  it("equals the documented example of TRL's DataCollatorForPreference", () => {
    const batch = collatePairs([
      { promptIds: [1, 2, 3], chosenIds: [4, 5], rejectedIds: [6], margin: 0.5 },
      { promptIds: [7, 8], chosenIds: [9], rejectedIds: [10, 11] },
    ]);
    expect([...batch.inputIds]).toEqual([
      1, 2, 3, 4, 5, 7, 8, 9, 0, 0, 1, 2, 3, 6, 0, 7, 8, 10, 11, 0,
    ]);
    expect([...batch.attentionMask]).toEqual([
      1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 1, 1, 1, 1, 0,
    ]);
    expect([...batch.completionMask]).toEqual([
      0, 0, 0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0,
    ]);
    expect(batch.pairs).toBe(2);
    expect([...batch.margins]).toEqual([0.5, 0]);
  });
});

describe('collatePrompts', () => {
  it('pads to the left and trains nothing', () => {
    const batch = collatePrompts([[1, 2], [3]]);
    expect([...batch.inputIds]).toEqual([1, 2, 0, 3]);
    expect([...batch.completionMask]).toEqual([0, 0, 0, 0]);
  });
});
