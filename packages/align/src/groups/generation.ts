// One generation: a group of completions for each of a few prompts, their rewards, and the log-probabilities that
// training needs, cut into the micro-batches that it is learned from. Plain arrays, so that a checkpoint holds it.
//
// Log-probabilities are taken micro-batch by micro-batch, with the very shapes and code of training: on a
// policy that has not been updated since, the importance ratio is then exactly 1, not nearly.
import { noGradient, scope } from '@llm/tensor';
import { generate } from '@llm/transformer';
import type { CausalLm } from '@llm/transformer';
import type { PromptExample } from '../data/prompt-examples.ts';
import type { TextTokenizer } from '../data/tokenizer.ts';
import type { Reference } from '../dpo/reference.ts';
import { inEvalMode } from '../models/in-eval-mode.ts';
import { policyOutputs } from '../ppo/policy-outputs.ts';
import type { Answers } from '../ppo/policy-outputs.ts';
import type { JudgedCompletion } from '../rewards/score-completions.ts';

export interface SamplingOptions {
  /** Longest completion in tokens; TRL's max_completion_length. @default 256 */
  maxNewTokens?: number;
  /** Completions are sampled from, and all log-probabilities taken of, softmax(logits / temperature). @default 1 */
  temperature?: number;
  /** Sample from the likeliest tokens of this mass. Below 1, log-probabilities are still those of the whole
   *  distribution, as in TRL. @default 1 */
  topP?: number;
  /** @default all */
  topK?: number;
  /** @default 0 */
  minP?: number;
  /** @default 1 */
  repetitionPenalty?: number;
  /** Ids that end a completion. @default the model configuration's eosTokenId */
  stopTokens?: readonly number[];
  /** Writes what reward functions read. Without it they get ids separated by blanks. */
  tokenizer?: Pick<TextTokenizer, 'decode'>;
}

/** `groupSize` completions of each prompt, side by side; each prompt is read once. */
export async function sampleGroups(
  policy: CausalLm,
  prompts: readonly PromptExample[],
  options: SamplingOptions & { groupSize: number; seed: number; signal?: AbortSignal },
): Promise<JudgedCompletion[]> {
  const { groupSize, maxNewTokens = 256, temperature = 1, tokenizer } = options;
  const { seed, topP, topK, minP, repetitionPenalty, stopTokens, signal } = options;
  const chosen = { topP, topK, minP, repetitionPenalty, signal, ...(stopTokens && { stopTokens }) };
  const ids = prompts.map(({ promptIds }) => promptIds);
  const { sequences, finishReasons } = await inEvalMode(policy, () =>
    generate(policy, ids, {
      ...{ maxNewTokens, temperature, seed, numReturnSequences: groupSize },
      ...chosen,
    }),
  );
  return sequences.map((completionIds, i) => {
    const { prompt, columns, promptIds } = prompts[Math.floor(i / groupSize)]!;
    const isFinished = finishReasons[i] === 'stop';
    const written = isFinished ? completionIds.slice(0, -1) : completionIds;
    const text = tokenizer ? tokenizer.decode(written) : written.join(' ');
    return { prompt, columns, promptIds, completionIds, isFinished, text };
  });
}

/** log π of each completion token as the policy is now, 0 past the end, [B, T] row-major. */
export function currentLogprobs(
  policy: CausalLm,
  answers: Answers,
  options: { temperature: number },
): Float32Array {
  return inEvalMode(policy, () => readLogprobs(policy, answers, options));
}

/** The same under the reference. */
export function referenceLogprobs(
  policy: CausalLm,
  reference: Reference,
  answers: Answers,
  options: { temperature: number },
): Float32Array {
  return typeof reference === 'function'
    ? inEvalMode(policy, () => reference(() => readLogprobs(policy, answers, options)))
    : inEvalMode(reference, () => readLogprobs(reference, answers, options));
}

function readLogprobs(
  model: CausalLm,
  answers: Answers,
  options: { temperature: number },
): Float32Array {
  return noGradient(() =>
    scope(() => Float32Array.from(policyOutputs(model, answers, options).logprobs.dataSync())),
  );
}
