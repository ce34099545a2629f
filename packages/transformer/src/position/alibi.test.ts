import { useBackend } from '@llm/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { alibiBias, alibiSlopes } from './alibi.ts';

beforeAll(() => useBackend('cpu'));

describe('ALiBi', () => {
  it('has the slopes of the paper for 8 heads, and those between for others', () => {
    expect(alibiSlopes(8)).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((i) => 2 ** -i));
    expect(alibiSlopes(3)).toEqual([2 ** -4, 2 ** -8, 2 ** -2]);
  });

  it('falls with the distance from the query', () => {
    const bias = alibiBias(2, 1, 2); // queries at 1 and 2 over keys 0 to 2
    expect(bias.shape).toEqual([1, 2, 2, 3]);
    const [a, b] = [2 ** -4, 2 ** -8];
    expect(Array.from(bias.dataSync(), (x) => x + 0)).toEqual(
      [-a, 0, -a, -2 * a, -a, 0, -b, 0, -b, -2 * b, -b, 0].map((x) => x + 0),
    );
    bias.dispose();
  });
});
