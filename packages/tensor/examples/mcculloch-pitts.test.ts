import { expect, it } from 'vitest';
import { truthTables } from './mcculloch-pitts.ts';

it('computes AND, OR, NOT, and XOR in two layers', async () => {
  expect(await truthTables()).toEqual({
    and: [0, 0, 0, 1],
    or: [0, 1, 1, 1],
    not: [1, 0],
    xor: [0, 1, 1, 0],
  });
});
