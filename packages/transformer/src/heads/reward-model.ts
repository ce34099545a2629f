import { scope, type Tensor } from '@llm/tensor';
import { lastTokenValues } from './last-token.ts';
import { ScalarHead, type HeadForwardOptions } from './scalar-head.ts';

/** Scores whole texts: the head's output at the last token (Ouyang et al. 2022, section 3.5). */
export class RewardModel extends ScalarHead {
  /** inputIds int32 [B, T] → [B]. The caller owns the result. */
  forward(inputIds: Tensor, options: HeadForwardOptions = {}): Tensor {
    return scope(() => lastTokenValues(this.tokenScores(inputIds, options), options.attentionMask));
  }
}
