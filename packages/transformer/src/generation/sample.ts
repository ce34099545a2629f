// Chooses the next token of one row from its logits.
import type { Generator } from '@llm/tensor';
import { applyTemperature, argmax, keepTopK, keepTopP, logSoftmaxAt, softmax } from './filters.ts';

export interface SamplingOptions {
  /** 0 takes the most probable token; 1 samples the model's own distribution. @default 0 */
  readonly temperature?: number;
  /** Keep only the k most probable tokens. @default all */
  readonly topK?: number;
  /** Keep the most probable tokens that together reach this probability, in (0, 1]. @default 1 */
  readonly topP?: number;
}

export interface Sampled {
  readonly token: number;
  /** Log-probability under softmax(logits / temperature), temperature 1 when greedy, before top-k and
   *  top-p: the policy's own, as PPO needs it. NaN unless asked for. */
  readonly logprob: number;
}

/** logits [V] are used up. */
export function sample(
  logits: Float32Array,
  generator: Generator,
  options: SamplingOptions & { readonly logprobs?: boolean },
): Sampled {
  const { temperature = 0, topK, topP, logprobs = false } = options;
  if (temperature > 0) applyTemperature(logits, temperature);
  const policy = logprobs ? logits.slice() : null;
  const token = temperature === 0 ? argmax(logits) : draw(logits, generator, { topK, topP });
  return { token, logprob: policy === null ? NaN : logSoftmaxAt(policy, token) };
}

function draw(logits: Float32Array, generator: Generator, options: SamplingOptions): number {
  const { topK, topP } = options;
  if (topK !== undefined) keepTopK(logits, topK);
  if (topP !== undefined) keepTopP(logits, topP);
  return generator.multinomial(softmax(logits));
}
