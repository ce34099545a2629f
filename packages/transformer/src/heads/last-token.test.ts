import { describe, expect, it } from 'vitest';
import { lastTokenOneHot } from './last-token.ts';

describe('lastTokenOneHot', () => {
  it('marks the last token before the padding, or the last column', () => {
    const mask = [1, 1, 0, /* */ 0, 1, 1, /* */ 0, 0, 0];
    expect([...lastTokenOneHot(mask, [3, 3])]).toEqual([0, 1, 0, /* */ 0, 0, 1, /* */ 0, 0, 0]);
    expect([...lastTokenOneHot(undefined, [1, 3])]).toEqual([0, 0, 1]);
  });
});
