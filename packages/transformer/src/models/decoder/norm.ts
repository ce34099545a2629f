// RMSNorm whose weight is stored as its difference from 1, as Gemma's.
import { nn, rmsNorm, tf, type Tensor, type Variable } from '@llm/tensor';

export class OffsetRmsNorm extends nn.Module {
  readonly weight: Variable; // [C], zero at first
  readonly eps: number;

  constructor(hiddenSize: number, options: { readonly eps: number }) {
    super();
    this.eps = options.eps;
    this.weight = nn.parameter(tf.zeros([hiddenSize]));
  }

  /** [.., C] → [.., C] */
  forward(x: Tensor): Tensor {
    return rmsNorm(x, tf.add(this.weight, 1), this.eps);
  }
}

export type Norm = nn.RMSNorm | OffsetRmsNorm;

/** The architecture's norm over `size` numbers. */
export function buildNorm(
  size: number,
  { hasOffsetNorms, rmsNormEps: eps }: { hasOffsetNorms: boolean; rmsNormEps: number },
): Norm {
  return hasOffsetNorms ? new OffsetRmsNorm(size, { eps }) : new nn.RMSNorm(size, { eps });
}
