// AdamW (Loshchilov & Hutter 2019, Decoupled Weight Decay Regularization, algorithm 2), in the form and with the
// numbers of torch.optim.AdamW:
//   p ← p − lr·λ·p;   µ ← b1·µ + (1−b1)·g;   ν ← b2·ν + (1−b2)·g²
//   p ← p − lr · (µ / (1−b1^t)) / (√(ν / (1−b2^t)) + eps)
// Decay applies to parameters of rank ≥ 2 only (matrices, embeddings), not to biases and norms.

import type { Optimizer } from '../optimizer.ts';
import { adamLike } from './adam.ts';
import type { AdamOptions } from './adam.ts';

/** `weightDecay` is decoupled. @default 0.01 */
export type AdamWOptions = AdamOptions;

/** An AdamW optimizer, torch.optim.AdamW's numbers; call `init` with a model or hand it to `train`, which does. */
export function adamw(options: AdamWOptions): Optimizer {
  const { weightDecay = 0.01 } = options;
  return adamLike('adamw', { ...options, weightDecay }, { isDecoupled: true });
}
