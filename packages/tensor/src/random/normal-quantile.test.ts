import { describe, expect, it } from 'vitest';
import { normalQuantile } from './normal-quantile.ts';

// Python 3: statistics.NormalDist().inv_cdf(p)
const QUANTILES: [p: number, z: number][] = [
  [1.1641532182693481e-10, -6.337957754553789],
  [1e-9, -5.9978070150076865],
  [1e-6, -4.753424308822899],
  [0.001, -3.090232306167813],
  [0.02425, -1.9729610513118845],
  [0.0749, -1.4402382675279632],
  [0.0751, -1.4388253927525398],
  [0.25, -0.6744897501960817],
  [0.4, -0.2533471031357998],
  [0.5, 0.0],
  [0.51, 0.025068908258711057],
  [0.9, 1.2815515655446008],
  [0.95, 1.6448536269514715],
  [0.999, 3.090232306167813],
  [0.9999999, 5.199337582290662],
  [0.9999999998835847, 6.337957754553789],
];

describe('normalQuantile', () => {
  for (const [p, z] of QUANTILES) {
    it(`gives z(${p}) to 1e-13`, () => {
      expect(Math.abs(normalQuantile(p) - z)).toBeLessThan(1e-13 * Math.max(1, Math.abs(z)));
    });
  }
});
