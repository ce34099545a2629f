import type { Tensor } from '@llm/tensor';
import { ScalarHead, type HeadForwardOptions } from './scalar-head.ts';

/** Estimates the return from every token on: PPO's critic. */
export class ValueModel extends ScalarHead {
  /** inputIds int32 [B, T] → [B, T]. The caller owns the result. */
  forward(inputIds: Tensor, options: HeadForwardOptions = {}): Tensor {
    return this.tokenScores(inputIds, options);
  }
}
