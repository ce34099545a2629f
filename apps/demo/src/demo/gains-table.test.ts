import { expect, it } from 'vitest';
import { gainLines } from './gains-table.ts';

it('aligns words left and numbers right, shares in percent', () => {
  expect(
    gainLines([
      {
        stage: 'pretraining',
        measure: 'bits per byte',
        before: 3.02,
        after: 1.6,
        isLowerBetter: true,
      },
      { stage: 'SFT', measure: 'exact match', before: 0, after: 0.514, isShare: true },
    ]),
  ).toEqual([
    'stage        measure        before   after',
    'pretraining  bits per byte   3.020   1.600',
    'SFT          exact match     0.0 %  51.4 %',
  ]);
});
