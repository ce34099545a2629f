// The price of leaving the reference, constant or adapted so that the divergence comes near a target (Ziegler et al.
// 2019, arXiv 1909.08593, 2.2): coeff ← coeff · (1 + clip(KL/target − 1, ±0.2) · samples/horizon).
import { ConfigError } from '../errors.ts';

export interface AdaptiveKl {
  /** Nats of divergence an answer. TRL 0.11: 6 */
  readonly target: number;
  /** Samples over which the coefficient moves by at most a fifth. @default 10000 */
  readonly horizon?: number;
}

export class KlController {
  constructor(
    /** klCoeff of the next rollout. */
    public value: number,
    private readonly adaptive?: AdaptiveKl,
  ) {
    const { target = 1, horizon = 1 } = adaptive ?? {};
    if (target > 0 && horizon > 0) return;
    throw new ConfigError(
      `trainPpo: adaptiveKl: expected a target and a horizon above 0, got ${target} and ${horizon}.`,
    );
  }

  /** @param kl mean divergence of the answers just sampled, in nats @param samples how many they were */
  update(kl: number, samples: number): void {
    if (!this.adaptive) return;
    const { target, horizon = 10_000 } = this.adaptive;
    const error = Math.min(Math.max(kl / target - 1, -0.2), 0.2);
    this.value *= 1 + (error * samples) / horizon;
  }
}
