// A reference that follows the policy (TR-DPO, Gorbatovski et al. 2024, arXiv 2404.09656): every N updates
// π_ref ← α·π + (1 − α)·π_ref, so that the policy may go on from where it has come to.
import { scope, tf } from '@llm/tensor';
import type { nn } from '@llm/tensor';
import { ConfigError } from '../errors.ts';

export interface SyncReferenceOptions {
  /** Updates from one step towards the policy to the next. ≥ 1. @default 512 */
  every?: number;
  /** α: how far; 1 copies the policy. 0 < α ≤ 1. @default 0.6 */
  mixup?: number;
}

/** Options with their defaults. @throws ConfigError */
export function syncOptions(options: SyncReferenceOptions): Required<SyncReferenceOptions> {
  const { every = 512, mixup = 0.6 } = options;
  if (!(Number.isInteger(every) && every >= 1)) {
    throw new ConfigError(
      `syncReference: every: expected an integer ≥ 1, got ${every}. The usual value is 512.`,
    );
  }
  if (!(mixup > 0 && mixup <= 1)) {
    throw new ConfigError(
      `syncReference: mixup: expected 0 < α ≤ 1, got ${mixup}. The usual value is 0.6.`,
    );
  }
  return { every, mixup };
}

/** reference ← mixup·policy + (1 − mixup)·reference, parameter by parameter.
 *  @throws ConfigError when the two have other parameters (an adapter on one of them) */
export function mixIntoReference(reference: nn.Module, policy: nn.Module, mixup: number): void {
  const ours = new Map(policy.namedParameters());
  for (const [path, parameter] of reference.namedParameters()) {
    const current = ours.get(path);
    if (!current) {
      throw new ConfigError(
        `syncReference: reference: expected the policy's parameters, got ${path}, which the policy lacks. ` +
          'A reference can follow a policy without adapters only.',
      );
    }
    scope(() => parameter.assign(tf.add(tf.mul(current, mixup), tf.mul(parameter, 1 - mixup))));
  }
}
